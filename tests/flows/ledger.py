"""What a test of the flow does with parcels: send them, wait for them, and read what happened."""

from pathlib import Path

from django.db import connection, transaction
from django.db.models import Count

from events.api import emit_many
from events.models import Delivery
from tests.flows.parcels import ParcelSent
from tests.flows.processes import wait_until

SUBSCRIBERS = 4


def send(count: int, trouble: str = "", first: int = 1) -> None:
    with transaction.atomic():
        emit_many([ParcelSent(parcel_id=number, trouble=trouble) for number in range(first, first + count)])


def wait_for_deliveries(count: int, *logs: Path) -> None:
    def seen() -> str:
        outcomes = Delivery.objects.values_list("subscriber", "outcome").annotate(Count("id"))
        return f"{count} deliveries, got {list(outcomes)}\n" + "\n".join(log.read_text() for log in logs)

    wait_until(lambda: Delivery.objects.count() >= count, seen)


def ledger_of(subscriber: str) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT parcel_id, run, attempt FROM test_ledger WHERE subscriber = %s ORDER BY 1, 2, 3", [subscriber]
        )
        return cursor.fetchall()
