"""Replay: a recorded operation with a frozen set, which runs each delivery of it once more, and once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events import outbox
from events.errors import NothingToReplay, ReplayOver, ReplayRefused, SelectionWrong
from events.models import Delivery, Event, OutboxEntry, Outcome, Replay, ReplayItem
from events.relay import drain
from events.replay import LeftOut, Selection, advance, cancel, discard, pause, preview, progress, resume
from tests.events.replays import Broken, Post, break_letters, item_states, open_post, outcomes, replay_all, state_of
from tests.flows.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post() -> Post:
    """Letters, none of them dead."""
    return open_post()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on subscribers run as in another process: what is sent stays out until the test drains it."""
    return lambda: monkeypatch.setattr("events.transports.inline.Transport.in_process", False)


def test_a_replay_runs_each_dead_letter_once_and_keeps_the_record(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    replay = replay_all()
    assert outcomes(0) == dict.fromkeys((1, 2, 3), "dead")
    assert outcomes(1) == dict.fromkeys((1, 2, 3), "done")
    assert post.numbers(run=1) == [1, 2, 3]
    replay.refresh_from_db()
    assert (replay.state, replay.item_count, replay.owner) == ("finished", 3, "somebody")
    assert item_states(replay) == ["done"] * 3
    assert replay.finished_at is not None
    assert not OutboxEntry.objects.exists()


def test_what_dies_after_the_set_was_frozen_is_not_in_it(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, [1])
    elsewhere()
    replay = replay_all()
    post.trouble = {2: Broken()}
    post.send(2)
    drain()
    advance(timezone.now())
    assert state_of(replay) == "finished"
    assert outcomes(1) == {1: "done"}


def test_a_delivery_is_in_one_open_replay_at_most_and_the_other_says_so(
    post: Post, elsewhere: Callable[[], None]
) -> None:
    break_letters(post, [1, 2])
    elsewhere()
    first, _second = Delivery.objects.order_by("pk")
    replay_all(selection=Selection(delivery_ids=(first.pk,)))
    assert preview(Selection()).left_out == {LeftOut.UNDER_WAY: 1}
    replay = replay_all()
    assert (replay.item_count, replay.left_out) == (1, {"under_way": 1})
    with pytest.raises(NothingToReplay, match="nothing to replay: 2 being replayed"):
        replay_all()


def test_two_who_freeze_the_same_letters_at_once_share_them(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 30))
    elsewhere()
    results: list[int | Exception] = []

    def freeze() -> None:
        try:
            results.append(replay_all().item_count)
        except NothingToReplay:
            results.append(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=freeze) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sum(results) == ReplayItem.objects.count() == 29
    drain()
    advance(timezone.now())
    assert outcomes(1) == dict.fromkeys(range(1, 30), "done")


def test_a_run_is_admitted_only_while_its_item_is_sent(post: Post) -> None:
    break_letters(post, [1])
    outbox.put(Event.objects.get().position, "post.carry", 1, timezone.now())
    drain()
    assert not Delivery.objects.filter(run=1).exists()
    replay_all()
    outbox.put(Event.objects.get().position, "post.carry", 1, timezone.now())
    drain()
    assert Delivery.objects.filter(run=1).count() == 1


def test_a_letter_that_dies_again_can_be_replayed_again_as_the_next_run(post: Post) -> None:
    post.trouble = {1: Broken()}
    post.send(1)
    replay_all()
    replay_all()
    assert sorted(Delivery.objects.values_list("run", "outcome")) == [(0, "dead"), (1, "dead"), (2, "dead")]
    post.trouble = {}
    replay_all()
    assert Delivery.objects.get(run=3).outcome == Outcome.DONE


def test_named_deliveries_say_why_they_are_left_out(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    post.send(4)
    replay_all(selection=Selection(delivery_ids=(Delivery.objects.first().pk,)))
    keys = tuple(f"{row.event.id}:post.carry:0" for row in Delivery.objects.filter(run=0).select_related("event"))
    Delivery.objects.filter(event__payload__number=3).update(subscriber="post.gone")
    stranger = f"{keys[0].partition(':')[0]}:post.gone:9"
    gone = f"{Delivery.objects.get(subscriber='post.gone').event.id}:post.gone:0"
    shown = preview(Selection(keys=(*keys[:2], keys[3], gone, stranger)))
    assert shown.count == 1
    assert shown.examples == (keys[1],)
    assert shown.left_out == {
        LeftOut.REPLAYED: 1,
        LeftOut.OTHER_OUTCOME: 1,
        LeftOut.UNKNOWN_SUBSCRIBER: 1,
        LeftOut.NOT_FOUND: 1,
    }


def test_a_done_delivery_is_replayed_only_when_that_is_said(post: Post) -> None:
    post.send(1)
    with pytest.raises(NothingToReplay, match=r"There is nothing to replay\."):
        replay_all()
    replay_all(selection=Selection(outcomes=frozenset({"done"})))
    assert post.numbers(run=1) == [1]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"subscriber": "post.carry"}, [1, 2, 3]),
        ({"subscriber": "post.other"}, []),
        ({"event_name": "letter.sent"}, [1, 2, 3]),
        ({"event_name": "letter.lost"}, []),
        ({"stream": "box-2"}, [2]),
        ({"payload": {"number": 3}}, [3]),
        ({"payload": {"number": "3"}}, []),
        ({"payload": {"number": 3, "box": 2}}, []),
        ({"payload": {"number.deep": 3}}, []),
        ({"since": timezone.now() + timedelta(days=1)}, []),
        ({"until": timezone.now() + timedelta(days=1), "payload": {"box": 1}}, [1]),
        ({"fingerprint": "no such error"}, []),
        ({"transient": True}, []),
        ({"automatic_rounds": 0}, [1, 2, 3]),
        ({"automatic_rounds": 1}, []),
    ],
)
def test_a_selection_means_what_it_says(post: Post, criteria: dict, expected: list[int]) -> None:
    break_letters(post, [1, 2, 3])
    assert preview(Selection(**criteria)).count == len(expected)
    if expected:
        replay = replay_all(selection=Selection(**criteria))
        assert sorted(outcomes(1)) == expected
        assert set(criteria) <= set(replay.criteria)


def test_a_preview_counts_by_subscriber_and_error_and_writes_nothing(post: Post) -> None:
    break_letters(post, [1, 2])
    shown = preview(Selection())
    (fingerprint,) = shown.by_fingerprint
    assert (shown.count, dict(shown.by_subscriber), len(shown.examples)) == (2, {"post.carry": 2}, 2)
    assert Delivery.objects.first().fingerprint == fingerprint
    assert not Replay.objects.exists()
    assert not ReplayItem.objects.exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"reason": " "}, "has no reason"),
        ({"owner": ""}, "has no owner"),
        ({"rate_per_second": 0}, "0 is no rate"),
        ({"rate_per_second": float("nan")}, "no rate"),
        ({"steps": (1, 0)}, "are no steps"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(post: Post, options: dict, why: str) -> None:
    break_letters(post, [1])
    with pytest.raises(ReplayRefused, match=why):
        replay_all(**options)
    assert not Replay.objects.exists()


@pytest.mark.parametrize("criteria", [{"keys": ("nonsense",)}, {"outcomes": frozenset({"lost"})}])
def test_a_selection_that_makes_no_sense_is_refused(criteria: dict) -> None:
    with pytest.raises(SelectionWrong):
        Selection(**criteria)


def test_a_replay_that_its_transaction_takes_back_never_was(post: Post) -> None:
    break_letters(post, [1])
    with transaction.atomic():
        replay_all()
        transaction.set_rollback(True)
    assert not ReplayItem.objects.exists()
    assert post.numbers(run=1) == []


def test_a_paused_replay_sends_nothing_more_until_it_is_resumed(post: Post, elsewhere: Callable[[], None]) -> None:
    now = timezone.now()
    break_letters(post, [1, 2, 3])
    elsewhere()
    replay = replay_all(now=now, rate_per_second=1)
    pause(replay, by="somebody", reason="lunch")
    advance(now + timedelta(seconds=60))
    assert item_states(replay) == ["sent", "waiting", "waiting"]
    drain()
    advance(now + timedelta(seconds=61))
    assert item_states(replay) == ["done", "waiting", "waiting"]
    assert Replay.objects.get().state_reason == "somebody: lunch"
    resume(replay, by="somebody", now=now + timedelta(seconds=62))
    advance(now + timedelta(seconds=63))
    assert item_states(replay) == ["done", "sent", "sent"]


def test_a_cancelled_replay_runs_nothing_more_of_what_was_sent_either(
    post: Post, elsewhere: Callable[[], None]
) -> None:
    break_letters(post, [1, 2])
    elsewhere()
    replay = replay_all()
    cancel(replay, by="somebody", now=timezone.now(), reason="wrong letters")
    drain()
    assert item_states(replay) == ["cancelled", "cancelled"]
    assert post.numbers(run=1) == [1, 2]  # they were tried, and rolled back with what they did
    assert not Delivery.objects.filter(run=1).exists()
    replay_all()
    drain()
    assert outcomes(2) == {1: "done", 2: "done"}


def test_what_is_settled_before_it_is_cancelled_has_its_result(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, [1, 2])
    elsewhere()
    replay = replay_all()
    OutboxEntry.objects.filter(event__payload__number=2).delete()
    drain()
    cancel(replay, by="somebody", now=timezone.now())
    assert item_states(replay) == ["done", "cancelled"]


def test_cancelling_waits_for_a_delivery_that_is_being_settled(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, [1])
    elsewhere()
    replay = replay_all()
    position = Event.objects.get().position
    cancelling = threading.Thread(target=lambda: (cancel(replay, by="x", now=timezone.now()), connection.close()))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT events_settle(%s, 'post.carry', 1, 'done', 1, now(), 'test')", [position])
        cancelling.start()
        wait_until_somebody_waits_for_a_lock()
    cancelling.join(timeout=30)
    assert item_states(replay) == ["done"]
    assert state_of(replay) == "cancelled"


def wait_until_somebody_waits_for_a_lock() -> None:
    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    wait_until(waits)


def test_what_is_over_cannot_be_steered(post: Post) -> None:
    break_letters(post, [1])
    replay = replay_all()
    for wish in (
        lambda: pause(replay, by="x"),
        lambda: resume(replay, by="x", now=timezone.now()),
        lambda: cancel(replay, by="x", now=timezone.now()),
    ):
        with pytest.raises(ReplayOver, match="is finished"):
            wish()


def test_discarding_settles_letters_for_good_with_a_reason(post: Post) -> None:
    break_letters(post, [1, 2])
    operation = discard(Selection(), reason="the customer is gone", owner="somebody", now=timezone.now())
    assert outcomes(1) == {1: "discarded", 2: "discarded"}
    assert post.numbers(run=1) == []
    assert item_states(operation) == ["discarded"] * 2
    assert (state_of(operation), operation.reason) == ("finished", "the customer is gone")
    assert preview(Selection()).count == 0
    assert Delivery.objects.filter(run=0, outcome="dead").count() == 2


def test_letters_of_a_subscriber_that_is_gone_can_be_discarded(post: Post) -> None:
    break_letters(post, [1])
    Delivery.objects.update(subscriber="post.gone")
    assert preview(Selection()).left_out == {LeftOut.UNKNOWN_SUBSCRIBER: 1}
    discard(Selection(), reason="gone", owner="somebody", now=timezone.now())
    assert outcomes(1) == {1: "discarded"}


def test_progress_counts_what_came_of_the_items(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    post.trouble = {2: KeyError()}
    replay = replay_all(steps=(1, 1))
    shown = progress(Replay.objects.get(pk=replay.pk), timezone.now())
    assert (shown.all, dict(shown.by_state), shown.settled) == (3, {"done": 1, "dead": 1, "waiting": 1}, 2)
    assert (shown.step, shown.step_count) == (2, 3)
    assert shown.dead_by_fingerprint.total() == 1
    assert state_of(replay) == "stopped"
