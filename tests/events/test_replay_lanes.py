"""Lanes in a replay: each stream keeps its order."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Attempt, Delivery, OutboxEntry, Replay
from events.relay import drain
from events.replay import Selection, advance, cancel, discard, progress, resume
from tests.events.replays import (
    Broken,
    Post,
    item_states,
    replay_all,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
DONE = Selection(outcomes=frozenset({"done"}))


def drain_from_the_last() -> None:
    """As a broker might that turns everything around."""
    for number, entry in enumerate(OutboxEntry.objects.order_by("-id")):
        OutboxEntry.objects.filter(pk=entry.pk).update(
            available_at=timezone.now() - timedelta(hours=1, seconds=-number)
        )
    drain()


def test_lanes_keep_their_order_in_a_replay_however_the_messages_arrive(
    ordered: Post, elsewhere: Callable[[], None]
) -> None:
    for box in (1, 2):
        ordered.send(1, 2, 3, 4, box=box)
    elsewhere()
    replay = replay_all(selection=DONE)
    drain_from_the_last()
    advance(timezone.now())
    assert state_of(replay) == "finished"
    ran = ordered.numbers(run=1)
    assert sorted(ran) == sorted([1, 2, 3, 4] * 2)
    lanes = Delivery.objects.filter(run=1).order_by("pk").values_list("event__stream", "event__stream_version")
    for box in ("box-1", "box-2"):
        assert [version for stream, version in lanes if stream == box] == [1, 2, 3, 4]


def test_a_dead_letter_parks_its_lane_until_it_is_replayed(ordered: Post) -> None:
    ordered.trouble = {1: Broken()}
    ordered.send(1, 2, 3, box=1)
    ordered.send(4, box=2)
    assert ordered.numbers(run=0) == [1, 4]
    ordered.trouble = {}
    replay_all()
    assert ordered.numbers(run=1) == [1]
    assert ordered.numbers(run=0) == [1, 4, 2, 3]


def test_discarding_a_dead_letter_lets_its_lane_go_on(ordered: Post) -> None:
    ordered.trouble = {1: Broken()}
    ordered.send(1, 2, 3, box=1)
    discard(Selection(), reason="never mind", owner="somebody", now=timezone.now())
    assert ordered.numbers(run=0) == [1, 2, 3]


def test_what_waits_behind_a_letter_that_died_again_is_said_and_goes_on_after_it(ordered: Post) -> None:
    ordered.send(1, 2, 3, box=1)
    ordered.trouble = {2: Broken()}
    replay = replay_all(selection=DONE)
    assert item_states(replay) == ["done", "dead", "sent"]
    shown = progress(Replay.objects.get(pk=replay.pk), timezone.now())
    assert (shown.parked, state_of(replay)) == (1, "running")
    advance(timezone.now() + timedelta(days=1))
    assert not Attempt.objects.filter(spent=False).exists()  # it is not lost
    ordered.trouble = {}
    replay_all()
    advance(timezone.now())
    assert item_states(replay) == ["done", "dead", "done"]
    assert state_of(replay) == "finished"
    assert ordered.numbers(run=1) == [1, 2, 3]
    assert ordered.numbers(run=2) == [2]


def test_what_is_parked_does_not_hold_up_a_step(ordered: Post) -> None:
    ordered.send(1, 2, box=1)
    ordered.send(3, 4, 5, box=2)
    ordered.trouble = {1: Broken()}
    replay = replay_all(selection=DONE, steps=(2,))
    resume(replay, by="somebody", now=timezone.now())
    assert item_states(replay) == ["dead", "sent", "done", "done", "done"]


def test_what_had_to_wait_for_a_cancelled_replay_in_its_lane_goes_on(
    ordered: Post, elsewhere: Callable[[], None]
) -> None:
    ordered.send(1, 2, box=1)
    elsewhere()
    replay = replay_all(selection=DONE)
    OutboxEntry.objects.all().delete()
    ordered.send(3, box=1)
    drain()
    assert ordered.numbers(run=0) == [1, 2]
    cancel(replay, by="somebody", now=timezone.now())
    drain()
    assert ordered.numbers(run=0) == [1, 2, 3]
