"""Nobody touches the audit trail unseen."""

from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from shop.audit.chain import verify
from shop.audit.models import AuditEntry, AuditSeal
from shop.audit.operations import record_entry, seal
from tests.shop.builders import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NASTY = 'quote " backslash \\ newline \n tab \t bell \x07 delete \x7f كرسي 🪑 \u2028'


def record(summary: str = "x", event_id: UUID | None = None) -> None:
    record_entry(
        event_id=event_id or uuid4(),
        name="order.placed",
        stream="order-1",
        actor="user:1",
        correlation_id=uuid4(),
        payload={"text": summary},
        occurred_at=timezone.now(),
    )


def meddle(*statements: str) -> None:
    """As somebody does who owns the database: without the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def verified(**options: object) -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def trail() -> None:
    """Five entries; the last one is sealed."""
    for number in range(1, 6):
        record(f"entry {number}")
    assert seal(timezone.now()) is not None


def test_entries_that_many_workers_append_at_once_are_one_chain_without_gaps() -> None:
    def many() -> None:
        for number in range(10):
            with transaction.atomic():
                record(f"{NASTY} {number}")
                if number % 5 == 4:
                    transaction.set_rollback(True)

    assert at_once([many] * 6) == [None] * 6
    assert list(AuditEntry.objects.order_by("id").values_list("id", flat=True)) == list(range(1, 49))
    assert "48 entries are as they were written" in verified()


def test_the_trail_refuses_to_be_changed(trail: None) -> None:
    for table in ("audit_auditentry", "audit_auditseal"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET hash = ''"):
            with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
                cursor.execute(statement)
    assert "5 entries are as they were written, and fit 1 seals" in verified()


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE audit_auditentry SET actor = 'user:2' WHERE id = 3"], "entry 3 (order.placed order-1) is not what"),
        (["UPDATE audit_auditentry SET occurred_at = occurred_at + interval '1 us' WHERE id = 5"], "entry 5"),
        (["DELETE FROM audit_auditentry WHERE id IN (2, 3)"], "entries 2 to 3 are missing"),
        (["DELETE FROM audit_auditentry WHERE id > 3"], "ends at entry 3, but entry 5 was sealed"),
        (["DELETE FROM audit_auditentry"], "ends at entry 0, but entry 5 was sealed"),
        (
            [
                "UPDATE audit_auditentry SET id = 10 WHERE id = 2",
                "UPDATE audit_auditentry SET id = 2 WHERE id = 3",
                "UPDATE audit_auditentry SET id = 3 WHERE id = 10",
            ],
            "entry 2 (order.placed order-1) is not what",
        ),
        (
            [
                "UPDATE audit_auditentry SET id = 6 WHERE id = 5",
                "INSERT INTO audit_auditentry SELECT 5, gen_random_uuid(), name, stream, actor, correlation_id, "
                "summary, occurred_at, hash FROM audit_auditentry WHERE id = 4",
            ],
            "entry 5 (order.placed order-1) is not what",
        ),
    ],
    ids=["changed", "another-time", "deleted", "end-deleted", "all-deleted", "reordered", "inserted"],
)
def test_what_was_done_to_the_trail_shows(trail: None, statements: list[str], said: str) -> None:
    meddle(*statements)
    with pytest.raises(CommandError, match="not as it was written") as caught:
        verified()
    assert said in str(caught.value)


def test_a_trail_written_anew_as_a_whole_does_not_fit_its_seals(trail: None) -> None:
    head = verify().head
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditentry")
    for _ in range(6):
        record("something else")
    with pytest.raises(CommandError, match="written anew"):
        verified()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditseal")
    assert "6 entries" in verified()
    with pytest.raises(CommandError, match="entry 5 is not the one that was sealed"):
        verified(head=head)
    with pytest.raises(CommandError, match="is not what an earlier run has printed"):
        call_command("verify_audit", "--head", "yesterday")


def test_an_end_is_sealed_once(trail: None) -> None:
    assert seal(timezone.now()) is None
    record()
    made = seal(timezone.now())
    assert made is not None
    assert str(made) == str(verify().head)
    assert AuditSeal.objects.count() == 2
