"""What emit promises."""

import threading
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from events.cause import Cause, acting_as, caused_by
from events.errors import EmitOutsideTransaction, PayloadNotStorable, PayloadTooLarge, StreamRepeated
from events.event import Event
from events.log import emit, emit_many
from events.models import Event as LoggedRow
from events.models import OutboxEntry


def declare_moved() -> type[Event]:
    class Moved(Event, name="box.moved", version=3, stream="box-{box_id}"):
        """A box was moved."""

        box_id: int
        to: str = "shelf"
        weight: Decimal = Decimal("1.50")

    return Moved


@pytest.mark.django_db(transaction=True)
def test_emit_is_refused_outside_a_transaction() -> None:
    with pytest.raises(EmitOutsideTransaction, match=r"box.moved was emitted outside a transaction.*atomic"):
        emit(declare_moved()(box_id=1))
    assert not LoggedRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_rolled_back_transaction_never_happened() -> None:
    with transaction.atomic():
        emit(declare_moved()(box_id=1))
        transaction.set_rollback(True)
    assert not LoggedRow.objects.exists()
    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db
def test_emit_costs_one_statement(django_assert_num_queries: pytest.FixtureRequest) -> None:
    moved = declare_moved()
    with django_assert_num_queries(1):
        emit(moved(box_id=1))
    with django_assert_num_queries(1):
        emit_many([moved(box_id=number) for number in range(2, 50)])


@pytest.mark.django_db
def test_the_log_keeps_what_who_when_and_why() -> None:
    correlation, causation = uuid4(), uuid4()
    with caused_by(Cause(correlation, causation, "user:5", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")):
        logged = emit(declare_moved()(box_id=7, to="رف"))
    row = LoggedRow.objects.get()
    assert (row.name, row.version, row.stream, row.stream_version) == ("box.moved", 3, "box-7", 1)
    assert row.payload == {"box_id": 7, "to": "رف", "weight": "1.50"}
    assert (row.correlation_id, row.causation_id, row.actor) == (correlation, causation, "user:5")
    assert row.traceparent.startswith("00-aaa")
    assert (row.id, row.position, row.occurred_at) == (logged.id, logged.position, logged.occurred_at)
    assert row.xid > 0
    assert OutboxEntry.objects.get().event_id == row.position


@pytest.mark.django_db
def test_an_event_without_a_cause_starts_a_correlation_of_its_own() -> None:
    with acting_as("system:import"):
        logged = emit(declare_moved()(box_id=7))
    assert logged.correlation_id == logged.id
    assert isinstance(logged.id, UUID)
    assert logged.id.version == 7
    assert logged.actor == "system:import"


@pytest.mark.django_db
def test_a_stream_counts_its_events_without_gaps() -> None:
    moved = declare_moved()
    assert [emit(moved(box_id=1)).stream_version for _ in range(3)] == [1, 2, 3]
    assert [event.stream_version for event in emit_many([moved(box_id=2), moved(box_id=1)])] == [1, 4]


@pytest.mark.django_db(transaction=True)
def test_concurrent_emits_to_one_stream_all_get_their_place() -> None:
    moved, writers, each = declare_moved(), 4, 10
    barrier = threading.Barrier(writers)

    def write() -> None:
        try:
            for _ in range(each):
                barrier.wait(timeout=30)
                with transaction.atomic():
                    emit(moved(box_id=1))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = LoggedRow.objects.order_by("stream_version").values_list("stream_version", flat=True)
    assert list(versions) == list(range(1, writers * each + 1))


@pytest.mark.django_db
def test_a_payload_over_the_limit_is_refused_with_both_sizes(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"payload_limit_bytes": 1024}
    with pytest.raises(PayloadTooLarge, match=r"has 1\d\d\d bytes, more than the limit of 1024") as refusal:
        emit(declare_moved()(box_id=1, to="x" * 1000))
    assert refusal.value.limit_bytes == 1024
    assert not LoggedRow.objects.exists()


@pytest.mark.django_db
def test_a_payload_that_postgresql_cannot_store_is_refused() -> None:
    with pytest.raises(PayloadNotStorable, match="NUL"):
        emit(declare_moved()(box_id=1, to="a\0b"))


@pytest.mark.django_db
def test_a_text_that_only_looks_like_an_escaped_nul_is_stored() -> None:
    for text in (r"\u0000", r"\\u0000", r"\\\u0000"):
        assert emit(declare_moved()(box_id=1, to=text)).payload["to"] == text


@pytest.mark.django_db
def test_a_batch_never_leaves_the_order_of_a_stream_to_chance() -> None:
    moved = declare_moved()
    with pytest.raises(StreamRepeated, match="box-1"):
        emit_many([moved(box_id=1), moved(box_id=2), moved(box_id=1)])


@pytest.mark.django_db
def test_an_empty_batch_is_fine() -> None:
    assert emit_many([]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE events_event SET actor = 'me'", "DELETE FROM events_event"])
def test_the_log_refuses_to_be_changed(statement: str) -> None:
    emit(declare_moved()(box_id=1))
    with pytest.raises(DatabaseError, match="the log is append-only"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_event_is_immutable_and_refuses_unknown_fields_and_infinities() -> None:
    moved = declare_moved()
    with pytest.raises(ValueError, match="frozen"):
        moved(box_id=1).box_id = 2
    with pytest.raises(ValueError, match="Extra inputs"):
        moved(box_id=1, colour="red")
    with pytest.raises(ValueError, match="finite"):
        moved(box_id=1, weight=Decimal("Infinity"))
