"""Dead letters of a read model: a rebuild that applies their events is what mends them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from events.dead_letters import error_groups
from events.errors import NothingToReplay
from events.failure import Failure
from events.models import Attempt, Delivery, Outcome, Rebuild, Replay, ReplayItem
from events.replay import Selection, advance, create_replay, discard, preview
from events.rescue import rescue
from events.retry import note_snooze, record_attempt
from tests.events.meters import Meters, meters
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, apply_batch, begin_pass, go_on, kill_with, start
from tests.events.test_rescue import later

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_dead_letters_that_the_rebuild_applied_are_done_and_their_lanes_go_on(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 666, 7)
    kill_with(postman, meters, 666)
    assert meters.live() == {1: (5, " 1")}
    rebuild = go_on(start())
    assert meters.live() == meters.straight()
    resolved = Delivery.objects.get(subscriber=NAME, run=1)
    assert (resolved.outcome, resolved.worker) == (Outcome.DONE, f"rebuild {rebuild.pk}")
    assert not error_groups()
    meters.emit(11)
    postman.deliver_all()
    rescue(later())
    postman.deliver_all()
    assert meters.live() == meters.straight() == {1: (689, " 1 2 3 4")}


def test_a_discarded_event_stays_out(postman: Postman, meters: Meters) -> None:
    logged = meters.emit(5, 666, 7)
    kill_with(postman, meters, 666)
    discard(Selection(), name="no", reason="r", owner="o", now=timezone.now())
    postman.deliver_all()
    assert meters.live() == {1: (12, " 1 3")}
    meters.poison = {666}
    assert go_on(start()).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight(logged[1].position)


def test_a_replay_that_has_such_a_letter_in_its_set_finds_it_done(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 666, 7)
    kill_with(postman, meters, 666)
    replay = create_replay(Selection(), name="again", reason="r", owner="o", now=timezone.now())
    advance(timezone.now())
    messages = postman.collect()
    assert [message.key.run for message in messages] == [1]
    go_on(start())
    assert replay.items.get().state == ReplayItem.State.DONE
    postman.deliver(*messages)
    advance(timezone.now())
    replay.refresh_from_db()
    assert replay.state == Replay.State.FINISHED
    assert meters.live() == meters.straight()


def test_what_is_done_in_a_read_model_is_not_replayed(postman: Postman, meters: Meters) -> None:
    meters.emit(5)
    postman.deliver_all()
    everything = Selection(subscriber=NAME, outcomes=frozenset({"done"}))
    assert preview(everything).count == 0
    with pytest.raises(NothingToReplay, match="in a read model, which is rebuilt instead"):
        create_replay(everything, name="again", reason="r", owner="o", now=timezone.now())


def test_what_is_discarded_meanwhile_stops_the_rebuild(postman: Postman, meters: Meters) -> None:
    """It may have applied the event before."""
    meters.emit(5, 666, 7)
    kill_with(postman, meters, 666)
    rebuild = start()
    begin_pass(rebuild)
    apply_batch(rebuild)
    discard(Selection(), name="no", reason="r", owner="o", now=timezone.now())
    postman.deliver_all()
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "discarded meanwhile" in rebuild.state_reason
    assert meters.live() == {1: (12, " 1 3")}
    assert go_on(start()).state == Rebuild.State.FINISHED
    assert meters.live() == {1: (12, " 1 3")}


def test_a_try_that_failed_before_the_swap_and_is_told_of_after_it_leaves_nothing(
    postman: Postman, meters: Meters
) -> None:
    """Otherwise it would be said to be retried for ever: what is settled has no next try."""
    logged = meters.emit(5, 7)
    (message,) = postman.collect()[:1]
    go_on(start())
    failure = Failure.of(ValueError("a moment ago"))
    record_attempt(message.key, logged[0].position, failure, "postman", timezone.now())
    note_snooze(message.key, logged[0].position, "a moment ago", timezone.now())
    assert not Attempt.objects.exists()
    assert meters.live() == meters.straight()
