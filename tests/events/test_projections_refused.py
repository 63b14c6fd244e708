"""Rebuilds that are refused, or stopped: the live read model stays as it is, and people are told why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events import subscriptions
from events.api import Event, Fact, Personal, emit, projection
from events.errors import RebuildInstead, RebuildOver, RebuildRefused
from events.models import Rebuild, Subscription
from events.projections import rebuilding
from events.projections.rebuilding import cancel_rebuild, start_rebuild
from events.prune import prune
from events.rescue import rescue
from events.subscriptions import enroll
from tests.events.meters import Meters, Reading, meters, schemas
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, apply_batch, begin_pass, go_on, start
from tests.events.test_rescue import later

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_that_cannot_be_applied_stops_the_rebuild_and_is_named(postman: Postman, meters: Meters) -> None:
    logged = meters.emit(5, 666, 7)
    postman.deliver_all()
    meters.poison = {666}
    rebuild = go_on(start())
    assert rebuild.state == Rebuild.State.FAILED
    assert f"event {logged[1].position}, meter.read meter-1 v2," in rebuild.state_reason
    assert "ValueError: 666 litres are too many" in rebuild.state_reason
    assert meters.live() == meters.straight()
    assert schemas() == []
    meters.poison = set()
    assert go_on(start()).state == Rebuild.State.FINISHED


def test_a_read_model_is_not_backfilled(meters: Meters) -> None:
    with pytest.raises(RebuildInstead):
        subscriptions.backfill(NAME)


def test_there_is_one_rebuild_at_a_time_and_it_can_be_cancelled(meters: Meters) -> None:
    meters.emit(5)
    rebuild = start()
    with pytest.raises(RebuildRefused, match="running already"):
        start()
    cancel_rebuild(rebuild.pk, reason="not today", now=timezone.now())
    assert go_on(rebuild).state == Rebuild.State.CANCELLED
    assert schemas() == []
    with pytest.raises(RebuildOver):
        cancel_rebuild(rebuild.pk, reason="again", now=timezone.now())
    assert go_on(start()).state == Rebuild.State.FINISHED


@pytest.mark.parametrize("when", ["before the first batch", "before the swap", "in the swap"])
def test_a_migration_in_between_ends_the_rebuild_and_leaves_the_live_tables(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    meters.emit(5)
    postman.deliver_all()
    rebuild = start()
    if when != "before the first batch":
        begin_pass(rebuild)
        apply_batch(rebuild)
    if when == "in the swap":
        monkeypatch.setattr(rebuilding, "refuse_changed", lambda *_: None)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE meters_meter ADD COLUMN colour text")
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "by a migration" in rebuild.state_reason
    assert meters.live() == meters.straight()
    assert schemas() == []


def test_other_code_in_between_ends_the_rebuild(meters: Meters) -> None:
    meters.emit(5)
    rebuild = start()
    Rebuild.objects.update(code_print="of an older version")
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "by a deployment" in rebuild.state_reason


@pytest.mark.parametrize(
    ("tie", "said"),
    [
        ("CREATE VIEW meters_view AS SELECT * FROM meters_meter", "the view meters_view"),
        (
            "CREATE TABLE meters_child (id int REFERENCES meters_meter (id))",
            "the foreign key meters_child_id_fkey",
        ),
        (
            "CREATE TRIGGER meters_trigger BEFORE UPDATE ON meters_meter FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "the trigger meters_trigger",
        ),
        ("CREATE POLICY meters_policy ON meters_reading USING (true)", "the policy meters_policy"),
        ("CREATE PUBLICATION meters_publication FOR TABLE meters_meter", "the publication meters_publication"),
        (
            "CREATE FUNCTION meters_count() RETURNS bigint LANGUAGE sql "
            "BEGIN ATOMIC SELECT count(*) FROM meters_meter; END",
            r"the function meters_count\(\)",
        ),
    ],
)
def test_tables_that_others_hang_on_are_refused(meters: Meters, tie: str, said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(tie)
    with pytest.raises(RebuildRefused, match=said):
        start()
    assert not Rebuild.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS meters_child; DROP PUBLICATION IF EXISTS meters_publication")


def test_what_came_to_hang_on_the_tables_meanwhile_stops_the_swap(meters: Meters) -> None:
    meters.emit(5)
    rebuild = start()
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW meters_view AS SELECT * FROM meters_meter")
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "the view meters_view would be left behind" in rebuild.state_reason
    assert schemas() == []


def test_a_role_that_may_make_no_schema_is_told_which_right_it_lacks(meters: Meters) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE meters_reader; GRANT ALL ON ALL TABLES IN SCHEMA public TO meters_reader")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO meters_reader; SET ROLE meters_reader")
        try:
            with pytest.raises(RebuildRefused, match=r"GRANT CREATE ON DATABASE .* TO meters_reader"):
                start()
        finally:
            cursor.execute("RESET ROLE; DROP OWNED BY meters_reader; DROP ROLE meters_reader")
    assert not Rebuild.objects.exists()


def test_the_live_tables_are_never_taken_for_those_that_are_gone(postman: Postman, meters: Meters) -> None:
    """As after a restore of one schema: unqualified names would now mean the live tables."""
    meters.emit(5, 7)
    postman.deliver_all()
    rebuild = start()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {rebuild.schema} CASCADE")
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "are gone" in rebuild.state_reason
    assert meters.live() == meters.straight()


def test_a_subscription_that_is_deleted_meanwhile_stops_the_swap(postman: Postman, meters: Meters) -> None:
    """It says since when the read model is; without it nothing would be read."""
    meters.emit(5)
    postman.deliver_all()
    rebuild = start()
    Subscription.objects.all().delete()
    assert go_on(rebuild).state == Rebuild.State.FAILED
    assert "subscription was deleted" in rebuild.state_reason
    assert meters.live() == meters.straight()


def test_what_an_error_quotes_of_people_is_not_kept(meters: Meters) -> None:
    class MeterNamed(Event, name="meter.named", stream="meter-{meter_id}", person="customer-{meter_id}"):
        meter_id: int
        owner: Personal[str]

    @projection(MeterNamed, name="meters.owners", models=[Reading])
    def owners(facts: Sequence[Fact]) -> None:
        for fact in facts:
            raise ValueError(f"{fact.event.owner} is no name")  # type: ignore[attr-defined]

    enroll()
    with transaction.atomic():
        emit(MeterNamed(meter_id=1, owner="Grace"))
    rebuild = go_on(start_rebuild("meters.owners", reason="test", owner="test", now=timezone.now()))
    assert rebuild.state == Rebuild.State.FAILED
    assert "meter.named meter-1 v1, raised ValueError: what it says may be personal" in rebuild.state_reason
    assert "Grace" not in rebuild.state_reason


def test_a_log_that_is_to_be_pruned_is_refused(meters: Meters, settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"log_retention_days": 30.0}
    with pytest.raises(RebuildRefused, match="pruned"):
        start()


def test_a_log_that_was_pruned_is_refused(postman: Postman, meters: Meters, settings: Settings) -> None:
    """Although its oldest event begins a stream."""
    before = settings.EVENTS
    meters.emit(5, meter=1)
    meters.emit(7, 11, meter=2)
    postman.deliver_all()
    rescue(later())
    Subscription.objects.exclude(subscriber=NAME).delete()  # those of the shop have settled nothing
    settings.EVENTS = before | {"log_retention_days": 1.0, "delivery_retention_days": 1.0}
    assert prune(timezone.now() + timedelta(days=3))["events"] == 1
    settings.EVENTS = before
    with pytest.raises(RebuildRefused, match="pruned"):
        start()
