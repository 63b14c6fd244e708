"""The driver of replays: rate, steps, results, lanes; whoever crashes or comes twice."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events.errors import FailpointReached
from events.models import Attempt, Delivery, Event, OutboxEntry, Replay, ReplayItem
from events.relay import drain
from events.replay import Selection, advance, discard, progress, resume
from events.subscriptions import enroll
from events.subscriptions import pause as pause_subscriber
from events.subscriptions import resume as resume_subscriber
from tests.events.replays import (
    NOW,
    Broken,
    Post,
    break_letters,
    bury_many,
    item_states,
    open_post,
    outcomes,
    replay_all,
    seconds,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Torn(Exception):
    """A new error."""


def test_no_more_are_sent_in_a_second_than_the_rate_allows(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 31))
    elsewhere()
    instants = seconds(step=0.5)
    replay = replay_all(now=next(instants), rate_per_second=3)
    sent = [ReplayItem.objects.filter(state="sent").count()]
    for _ in range(6):
        advance(next(instants))
        sent.append(ReplayItem.objects.filter(state="sent").count())
    assert sent == [3, 4, 6, 7, 9, 10, 12]
    advance(NOW + timedelta(hours=1))
    assert ReplayItem.objects.filter(state="sent").count() == 12 + 15  # five seconds' worth, not an hour's
    assert progress(Replay.objects.get(pk=replay.pk), NOW).eta_seconds == 1.0


def test_a_rate_below_one_a_second_is_kept_too(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 5))
    elsewhere()
    replay_all(now=NOW, rate_per_second=0.1)
    sent = []
    for second in range(1, 31):
        advance(NOW + timedelta(seconds=second))
        sent.append(ReplayItem.objects.filter(state="sent").count())
    assert [sent[8], sent[9], sent[18], sent[19], sent[29]] == [1, 2, 2, 3, 4]


def test_a_step_begins_when_the_one_before_has_its_results(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 21))
    elsewhere()
    replay_all(steps=(1, 10))
    sizes = []
    while entries := OutboxEntry.objects.count():
        sizes.append(entries)
        advance(timezone.now())
        assert OutboxEntry.objects.count() == entries
        drain()
        advance(timezone.now())
    assert sizes == [1, 10, 9]
    assert Replay.objects.get().state == "finished"


def test_a_new_error_stops_a_stepped_replay_and_a_known_one_does_not(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 21))
    elsewhere()
    post.trouble = {1: Torn("1"), 2: Torn("2"), 5: Torn("5")}
    replay = replay_all(steps=(1, 10))
    drain()
    advance(timezone.now())
    replay.refresh_from_db()
    assert replay.state == "stopped"
    assert "Torn" in replay.state_reason
    assert item_states(replay) == ["dead"] + ["waiting"] * 19
    advance(timezone.now())
    assert not OutboxEntry.objects.exists()
    resume(replay, by="somebody", now=timezone.now())
    drain()
    advance(timezone.now())
    drain()
    advance(timezone.now())
    assert state_of(replay) == "finished"
    assert sorted(number for number, outcome in outcomes().items() if outcome == "dead") == [1, 2, 5]


def test_errors_that_the_set_had_do_not_stop_it(post: Post) -> None:
    break_letters(post, range(1, 6))
    (fingerprint,) = set(Delivery.objects.values_list("fingerprint", flat=True))
    post.trouble = {1: Broken("letter 1")}
    replay = replay_all(steps=(1,))
    assert replay.known_fingerprints == [fingerprint]
    assert state_of(replay) == "finished"
    assert outcomes()[1] == "dead"


def test_an_error_in_the_last_step_is_reported_and_stops_nothing(post: Post) -> None:
    break_letters(post, [1])
    post.trouble = {1: Torn()}
    replay = replay_all()
    assert state_of(replay) == "finished"
    assert item_states(replay) == ["dead"]
    assert "Torn" in ReplayItem.objects.get().fingerprint


def test_two_drivers_at_once_send_nothing_twice(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 101))
    elsewhere()
    replay_all(now=NOW, rate_per_second=10)
    moments = seconds(NOW + timedelta(seconds=1))
    shared = [next(moments) for _ in range(12)]

    def drive() -> None:
        for now in shared:
            advance(now)
        connection.close()

    threads = [threading.Thread(target=drive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert OutboxEntry.objects.count() == ReplayItem.objects.filter(state="sent").count() == 100


@pytest.mark.parametrize("point", ["replay.before_send", "replay.after_send", "replay.after_commit"])
def test_a_driver_that_fails_at_any_point_leaves_a_replay_that_goes_on(
    post: Post, elsewhere: Callable[[], None], settings: Settings, point: str
) -> None:
    break_letters(post, [1, 2, 3])
    elsewhere()
    before = settings.EVENTS
    settings.EVENTS = before | {"failpoints": {point: "raise"}}
    replay = replay_all()  # it is made; what is done after the commit may fail
    with pytest.raises(FailpointReached) if point != "replay.after_commit" else nullcontext():
        advance(timezone.now())
    settings.EVENTS = before
    advance(timezone.now())
    drain()
    advance(timezone.now())
    assert item_states(replay) == ["done"] * 3
    assert post.numbers(run=1) == [1, 2, 3]


def test_what_was_sent_and_lost_is_sent_again_and_at_last_given_up(
    post: Post, elsewhere: Callable[[], None], settings: Settings
) -> None:
    settings.EVENTS = settings.EVENTS | {"rescue_after_seconds": 10, "rescue_limit": 2}
    break_letters(post, [1])
    elsewhere()
    replay = replay_all(now=NOW)
    OutboxEntry.objects.all().delete()  # as if it had been published, and forgotten by the broker
    sent_again_after = []
    for second in range(0, 200, 2):
        advance(NOW + timedelta(seconds=second))
        if OutboxEntry.objects.all().delete()[0]:
            sent_again_after.append(second)
    assert sent_again_after == [12, 34]
    assert item_states(replay) == ["dead"]
    assert Attempt.objects.filter(run=1, spent=False).count() == 2
    dead = Delivery.objects.get(run=1)
    assert (dead.outcome, dead.transient) == ("dead", True)
    assert "MessageLost" in dead.fingerprint


def test_what_waits_in_the_outbox_or_for_its_next_try_is_not_sent_again(elsewhere: Callable[[], None]) -> None:
    post = open_post()
    break_letters(post, [1, 2])
    elsewhere()
    replay_all(now=timezone.now())
    later = timezone.now() + timedelta(hours=1)
    first = Event.objects.order_by("position").first()
    OutboxEntry.objects.filter(event=first).delete()
    Attempt.objects.create(
        event=first, subscriber="post.carry", run=1, number=1, error_class="x", message="", traceback="",
        failed_at=later, next_try_at=later + timedelta(minutes=1),
    )  # fmt: skip
    advance(later)
    assert [entry.event_id != first.pk for entry in OutboxEntry.objects.all()] == [True]


def test_a_paused_subscriber_gets_its_replay_when_it_is_resumed(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, [1])
    elsewhere()
    enroll()
    pause_subscriber("post.carry", by="somebody", reason="repairs")
    replay = replay_all(now=NOW)
    advance(NOW + timedelta(hours=1))
    assert item_states(replay) == ["waiting"]
    resume_subscriber("post.carry")
    advance(NOW + timedelta(hours=1))
    drain()
    advance(NOW + timedelta(hours=1))
    assert outcomes() == {1: "done"}


def test_a_large_replay_is_sent_in_bounded_moves_in_the_order_of_the_log(
    post: Post, elsewhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.replay.driver._SEND_COUNT", 40)
    monkeypatch.setattr("events.replay.driver._OUT_COUNT", 100)
    bury_many(250)
    elsewhere()
    replay = replay_all(now=NOW)
    while advance(NOW):
        pass
    entries = list(OutboxEntry.objects.order_by("id").values_list("event", flat=True))
    assert entries == list(Event.objects.order_by("xid", "position").values_list("position", flat=True)[:100])
    while state_of(replay) != "finished":
        drain()
        advance(NOW)
    assert sorted(outcomes()) == list(range(1, 251))


def test_a_large_discard_goes_on_in_the_duty(
    post: Post, elsewhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.replay.driver._DISCARD_COUNT", 40)
    bury_many(100)
    elsewhere()
    operation = discard(Selection(), reason="never mind", owner="somebody", now=timezone.now())
    assert Delivery.objects.filter(outcome="discarded").count() == 40
    while advance(timezone.now()):
        pass
    assert Delivery.objects.filter(outcome="discarded").count() == 100
    assert state_of(operation) == "finished"


def test_a_replay_made_by_a_subscriber_runs_after_it(post: Post) -> None:
    break_letters(post, [1])
    with transaction.atomic():
        replay_all()
        assert post.numbers(run=1) == []
    assert post.numbers(run=1) == [1]
