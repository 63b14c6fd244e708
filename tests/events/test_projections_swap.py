"""The swap of a rebuild: short, for everybody who reads or delivers, and the tables are then what migrations left."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

from events.models import Rebuild
from events.projections import projection_named, rebuilding, swapping, tables
from tests.events.meters import Meter, Meters, meters
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, Elsewhere, apply_batch, begin_pass, go_on, spoil, start
from tests.flows.processes import wait_until

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_names_of_indexes_constraints_and_sequences_are_what_migrations_look_for(meters: Meters) -> None:
    before = catalogue_of_tables()
    assert any(name == "meters_thirsty" for name, _ in before)
    meters.emit(5)
    go_on(start())
    assert catalogue_of_tables() == before
    with connection.schema_editor() as editor:
        editor.remove_index(Meter, Meter._meta.indexes[0])
        editor.remove_constraint(Meter, Meter._meta.constraints[0])
        wider = models.CharField(max_length=9, default="cellar", db_index=True)
        wider.set_attributes_from_name("place")
        editor.alter_field(Meter, Meter._meta.get_field("place"), wider)


def catalogue_of_tables() -> list[tuple[str, str]]:
    statements = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'meters%'",
        "SELECT conname, conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid::regclass::text LIKE 'meters%'",
        "SELECT relname, relnamespace::regnamespace::text FROM pg_class WHERE relkind = 'S' AND relname LIKE 'meters%'",
        "SELECT relname, coalesce(array_to_string(reloptions, ','), '') || coalesce(relacl::text, '') FROM pg_class "
        "WHERE relkind = 'r' AND relname LIKE 'meters%'",
        "SELECT attrelid::regclass::text || attname, concat(format_type(atttypid, atttypmod), attidentity, attnotnull) "
        "FROM pg_attribute WHERE attrelid::regclass::text LIKE 'meters%' AND attnum > 0",
    )
    found = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            found += cursor.fetchall()
    return sorted(found)


def test_rights_and_options_of_the_tables_are_kept(meters: Meters) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT SELECT ON meters_meter TO PUBLIC")
        cursor.execute("ALTER TABLE meters_meter SET (fillfactor = 70)")
    before = catalogue_of_tables()
    meters.emit(5)
    go_on(start())
    assert catalogue_of_tables() == before
    assert "fillfactor=70{" in dict(before)["meters_meter"]


def test_a_reader_that_stays_in_its_transaction_holds_up_the_swap_and_nobody_else(
    postman: Postman, meters: Meters
) -> None:
    meters.emit(5)
    postman.deliver_all()
    spoil()
    with Elsewhere() as reader:
        reader.execute("SELECT * FROM meters_meter")
        rebuild = go_on(start())
        assert rebuild.state == Rebuild.State.RUNNING
        assert rebuild.swap_attempts == 1
        assert rebuild.due_at is not None
        meters.emit(7)
        postman.deliver_all()
        assert meters.live() == {1: (1006, " 1 2")}
    Rebuild.objects.update(due_at=None)
    assert go_on(rebuild).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight()


def test_a_live_delivery_waits_for_the_swap_and_is_then_a_duplicate(postman: Postman, meters: Meters) -> None:
    """The swap is held open at its end; meanwhile the message comes, and waits."""
    meters.emit(5)
    messages = postman.collect()
    rebuild = start()
    begin_pass(rebuild)
    apply_batch(rebuild)
    done: list[str] = []

    def deliver_elsewhere() -> None:
        try:
            postman.deliver(*messages)
            done.append("delivered")
        finally:
            connection.close()

    with transaction.atomic():
        assert swapping._swap(rebuild.pk, projection_named(NAME), timezone.now())
        thread = threading.Thread(target=deliver_elsewhere)
        thread.start()
        wait_until(lambda: waits_for_advisory_lock(), lambda: "the delivery waits")
        assert not done
    thread.join(30)
    assert done == ["delivered"]
    assert meters.live() == meters.straight() == {1: (5, " 1")}
    assert meters.calls == [1]


def waits_for_advisory_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_events_that_come_while_the_tables_are_vacuumed_do_not_put_the_swap_off_for_ever(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SWAP_AFTER_COUNT", 1)
    monkeypatch.setattr(swapping, "REST_COUNT", 2)
    vacuumed: list[str] = []

    def vacuum(schema: str, live: object) -> None:
        vacuumed.append(schema)
        meters.emit(*range(5))

    monkeypatch.setattr(tables, "vacuum", vacuum)
    meters.emit(5, 7)
    rebuild = start()
    for _ in range(10):
        rebuilding.carry_on(rebuild.pk, 0.0, timezone.now)
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.FINISHED
    assert vacuumed == [rebuild.schema]
    assert meters.live() == meters.straight()
