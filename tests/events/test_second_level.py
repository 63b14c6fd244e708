"""Second-level retry: dead letters of errors that go away by themselves are replayed automatically."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from events.errors import MessageLost, Reject, UnknownEvent, UnknownSubscriber, WorkerDied
from events.failure import Failure
from events.models import Delivery, Replay
from events.second_level import retry_transient
from tests.events.replays import Broken, break_letters, open_post, outcomes, replay_all

pytestmark = pytest.mark.django_db(transaction=True)
DELAYS = (60.0, 300.0, 1500.0)


class Busy(Exception):
    """An error that a subscriber says goes away."""


class Busier(Busy):
    """A special kind of it."""


@pytest.fixture(autouse=True)
def delays(settings: Settings) -> None:
    """A minute, five, twenty-five."""
    settings.EVENTS = settings.EVENTS | {"second_level_delays_seconds": DELAYS}


def die(seconds_ago: float) -> None:
    """As if whatever is dead had died so long ago."""
    Delivery.objects.filter(outcome="dead").update(finished_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_a_letter_is_replayed_at_growing_distances_and_then_left_to_people() -> None:
    post = open_post()
    post.trouble = {1: ConnectionError("refused")}
    post.send(1)
    for number, delay_seconds in enumerate(DELAYS):
        die(delay_seconds - 5)
        assert retry_transient(timezone.now()) == []
        die(delay_seconds + 5)
        (replay,) = retry_transient(timezone.now())
        assert replay.automatic
        assert replay.name == f"second-level retry, round {number + 1}"
        assert Delivery.objects.count() == number + 2
    die(100_000)
    assert retry_transient(timezone.now()) == []


def test_a_letter_that_can_be_delivered_again_is_done_and_left_alone() -> None:
    post = open_post()
    break_letters(post, [1, 2], ConnectionError)
    die(61)
    retry_transient(timezone.now())
    assert outcomes() == {1: "done", 2: "done"}
    die(100_000)
    assert retry_transient(timezone.now()) == []


def test_letters_in_the_same_round_share_a_replay_and_others_have_their_own() -> None:
    post = open_post()
    post.trouble = {1: ConnectionError("refused")}
    post.send(1)
    die(61)
    retry_transient(timezone.now())
    break_letters(post, [2, 3], ConnectionError)
    die(301)
    assert [replay.item_count for replay in retry_transient(timezone.now())] == [2, 1]


def test_errors_that_do_not_go_away_are_left_to_people() -> None:
    break_letters(open_post(), [1])
    die(100_000)
    assert retry_transient(timezone.now()) == []


def test_a_letter_that_somebody_replays_is_not_replayed_by_itself_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_letters(open_post(), [1], ConnectionError)
    die(61)
    monkeypatch.setattr("events.transports.inline.Transport.in_process", False)
    replay_all()
    assert retry_transient(timezone.now()) == []


def test_a_new_error_does_not_stop_an_automatic_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.replay.driver._SEND_COUNT", 1)
    post = open_post()
    break_letters(post, [1, 2, 3], ConnectionError)
    die(61)
    post.trouble = {1: Broken(), 2: Broken()}
    retry_transient(timezone.now())
    assert outcomes() == {1: "dead", 2: "dead", 3: "done"}
    assert Replay.objects.get().state == "finished"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("the database is gone"), True),
        (ConnectionRefusedError("refused"), True),
        (TimeoutError(), True),
        (MessageLost(seconds=1), True),
        (UnknownSubscriber(name="x", hint=""), True),
        (UnknownEvent(name="x", version=1, hint=""), True),
        (WorkerDied(), False),
        (Reject("no"), False),
        (ValueError("1"), False),
        (SystemError(), False),
    ],
)
def test_what_goes_away_by_itself(error: BaseException, expected: bool) -> None:
    assert Failure.of(error).is_transient() is expected


def test_errors_of_libraries_are_known_by_name_and_with_their_kinds() -> None:
    import httpx
    import redis

    assert Failure.of(httpx.ConnectTimeout("late")).is_transient()
    assert Failure.of(redis.exceptions.BusyLoadingError("loading")).is_transient()
    assert not Failure.of(httpx.InvalidURL("x")).is_transient()


@pytest.mark.parametrize(
    ("options", "error", "expected"),
    [
        ({"transient_errors": (Busy,)}, Busier, True),
        ({"transient_errors": (Busy,)}, Broken, False),
        ({"transient_errors": (Busy,)}, ConnectionError, True),
        ({"final_errors": (ConnectionError,)}, ConnectionError, False),
        ({"final_errors": (Busy,), "transient_errors": (Busy,)}, Busy, True),
    ],
)
def test_a_subscriber_says_what_goes_away_and_what_is_final(
    options: dict, error: Callable[..., Exception], expected: bool
) -> None:
    break_letters(open_post(**options), [1], error)
    assert Delivery.objects.get().transient is expected
