"""Steering a replay: paused, resumed, cancelled; and discarding letters for good."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events.errors import ReplayOver
from events.models import Delivery, Event, OutboxEntry, Replay
from events.relay import drain
from events.replay import LeftOut, Selection, advance, cancel, discard, pause, preview, resume
from tests.events.replays import Post, break_letters, item_states, outcomes, replay_all, state_of
from tests.flows.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


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
