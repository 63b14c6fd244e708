"""Rebuilding a read model: made again from the log beside the live one, with nothing lost and nothing doubled."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from events import subscriptions
from events.catching_up import catch_up
from events.models import Attempt, OutboxEntry, Rebuild, Subscription
from events.models import Event as LoggedRow
from events.projections import rebuilding
from events.projections.driving import drive, sweep
from events.rescue import rescue
from tests.events.meters import Meters, meters, schemas
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, Elsewhere, apply_batch, begin_pass, go_on, spoil, start
from tests.events.test_rescue import later

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rebuild_makes_the_read_model_what_the_log_says(postman: Postman, meters: Meters) -> None:
    for meter in (1, 2, 3):
        meters.emit(5, 7, 11, meter=meter)
    postman.deliver_all()
    spoil()
    assert go_on(start()).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight()
    assert schemas() == []


def test_live_deliveries_go_on_after_a_rebuild(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    postman.deliver_all()
    go_on(start())
    meters.emit(11)
    postman.deliver_all()
    assert meters.live() == meters.straight() == {1: (23, " 1 2 3")}


def test_what_the_rebuild_applied_before_the_live_deliveries_is_a_duplicate(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    messages = postman.collect()
    go_on(start())
    postman.deliver(*reversed(messages))
    assert meters.live() == meters.straight() == {1: (12, " 1 2")}
    assert not Attempt.objects.exists()
    meters.emit(11)
    postman.deliver_all()
    assert meters.live() == meters.straight()
    rescue(timezone.now())
    assert not OutboxEntry.objects.exists()


def test_what_comes_during_a_rebuild_is_in_it_delivered_or_not(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    rebuild = start()
    begin_pass(rebuild)
    meters.emit(11, meter=1)
    postman.deliver_all()
    meters.emit(13, meter=2)
    assert go_on(rebuild).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight() == {1: (23, " 1 2 3"), 2: (13, " 1")}
    postman.deliver_all()
    assert meters.live() == meters.straight()


def test_live_rows_are_untouched_until_the_swap(postman: Postman, meters: Meters) -> None:
    meters.emit(5)
    postman.deliver_all()
    spoil()
    rebuild = start()
    begin_pass(rebuild)
    apply_batch(rebuild)
    assert meters.live() == {1: (999, " 1")}
    assert go_on(rebuild).state == Rebuild.State.FINISHED
    assert meters.live() == {1: (5, " 1")}


def test_a_rebuild_reads_a_long_log_in_batches(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 3)
    monkeypatch.setattr(rebuilding, "SWAP_AFTER_COUNT", 1)
    for meter in (1, 2):
        meters.emit(*range(1, 6), meter=meter)
    rebuild = go_on(start())
    assert rebuild.state == Rebuild.State.FINISHED
    assert meters.calls == [3, 3, 3, 1]
    assert rebuild.applied_count == 10
    assert rebuild.pass_number == 2
    assert meters.live() == meters.straight()


def test_a_paused_projection_is_rebuilt_and_stays_paused(postman: Postman, meters: Meters) -> None:
    meters.emit(5)
    postman.deliver_all()
    subscriptions.pause(NAME, by="user:1", reason="mending")
    meters.emit(7)
    go_on(start())
    assert meters.live() == {1: (12, " 1 2")}
    meters.emit(11)
    postman.deliver_all()
    assert meters.live() == {1: (12, " 1 2")}
    subscriptions.resume(NAME)
    catch_up(timezone.now())
    postman.deliver_all()
    assert meters.live() == meters.straight()


def test_a_projection_that_is_catching_up_has_nothing_left_to_catch_up_with(postman: Postman, meters: Meters) -> None:
    Subscription.objects.all().delete()
    meters.emit(5, 7)
    subscriptions.enroll()
    assert Subscription.objects.get().catch_up_to_xid is not None
    go_on(start())
    assert Subscription.objects.get().catch_up_to_xid is None
    catch_up(timezone.now())
    postman.deliver_all()
    assert meters.live() == meters.straight()


def test_a_projection_that_starts_now_is_rebuilt_from_then_on(postman: Postman, meters: Meters) -> None:
    first = meters.emit(5)[0]
    row = LoggedRow.objects.get()
    Subscription.objects.update(since_xid=row.xid, since_position=row.position)
    meters.emit(7)
    go_on(start())
    assert meters.live() == meters.straight(first.position)


def test_the_duty_drives_a_rebuild_to_its_end_and_sweeps_what_a_crash_left(
    meters: Meters, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.EVENTS = {"transport": "inline", "relay_wake_url": ""}
    meters.emit(5, 7)
    rebuild = start()
    assert drive(timezone.now()) == 1
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.FINISHED
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {rebuild.schema}")
    assert sweep(timezone.now()) == 1
    assert schemas() == []


def test_a_transaction_that_began_earlier_and_emits_later_keeps_its_place_in_the_stream(
    postman: Postman, meters: Meters
) -> None:
    """Its number is the lowest, and its event the last: by the numbers of transactions the order would be wrong."""
    with Elsewhere() as early, Elsewhere() as middle:
        early.emit(2, 1)  # takes its number
        middle.emit(3, 1)
        meters.emit(5)
        early.emit(1, 7)
        early.commit()
        rebuild = start()
        begin_pass(rebuild)  # the transaction in the middle is still running
        apply_batch(rebuild)
        middle.commit()
        meters.emit(11)
        assert go_on(rebuild).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight() == {1: (23, " 1 2 3"), 2: (1, " 1"), 3: (1, " 1")}
    postman.deliver_all()
    assert meters.live() == meters.straight()


def test_what_commits_after_the_swap_is_delivered(postman: Postman, meters: Meters) -> None:
    with Elsewhere() as early:
        early.emit(2, 3)
        meters.emit(5)
        assert go_on(start()).state == Rebuild.State.FINISHED
        assert meters.live() == {1: (5, " 1")}
        early.commit()
    postman.deliver_all()
    assert meters.live() == meters.straight() == {1: (5, " 1"), 2: (3, " 1")}
    rescue(later())
    postman.deliver_all()
    assert meters.live() == meters.straight()
