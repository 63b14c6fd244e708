"""Asking for days, and exporting those that are due."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Min

from shop.lake.models import LakeDay
from shop.orders.models import Order, Reversal

_ASK = """
INSERT INTO lake_lakeday (day, asked_count, exported_count, order_count, line_count, reversal_count)
SELECT day, 1, 0, 0, 0, 0 FROM unnest(%s::date[]) AS wanted (day) ORDER BY day
ON CONFLICT (day) DO UPDATE SET asked_count = lake_lakeday.asked_count + 1
"""


def ask_for(days: Iterable[date]) -> None:
    """These days changed: they are due. Asking twice is one export more at most."""
    if wanted := sorted(set(days)):
        with connection.cursor() as cursor:
            cursor.execute(_ASK, [wanted])


def days_of(order_id: int) -> set[date]:
    """In which days an order shows: when it was placed, and when pieces of it were taken back."""
    instants = [
        *Order.objects.filter(pk=order_id, placed_at__isnull=False).values_list("placed_at", flat=True),
        *Reversal.objects.filter(order=order_id).values_list("created_at", flat=True),
    ]
    return {instant.astimezone(UTC).date() for instant in instants}


def export_due(now: datetime, *, budget_seconds: float) -> list[LakeDay]:
    """Export the days that are over and due, the oldest first; begins none once the budget is spent.

    Two at once are safe: a day is exported by one after the other, and what was asked meanwhile stays due.
    """
    begun = monotonic()
    _ask_for_new_days(now.astimezone(UTC).date())
    exported = []
    due = LakeDay.objects.filter(asked_count__gt=F("exported_count")).order_by("day").values_list("day", flat=True)
    for day in list(due):
        if monotonic() - begun >= budget_seconds:
            break
        exported.append(export_day(day, now=now))
    return exported


def export_day(day: date, *, now: datetime) -> LakeDay:
    """Write the files of a day, also of one that is not over; safe to repeat: the same rows make the same files."""
    from shop.lake.files import write  # here, for every worker would load Arrow otherwise
    from shop.lake.tables import TABLES

    LakeDay.objects.get_or_create(day=day)  # committed now: a new row would be locked for as long as files are written
    with transaction.atomic():
        _wait_for_turn(day)
        asked = LakeDay.objects.get(day=day).asked_count
        counts = {table.name: write(settings.LAKE_DIR, table, day) for table in TABLES}
        LakeDay.objects.filter(day=day).update(
            exported_count=asked,
            exported_at=now,
            order_count=counts["orders"],
            line_count=counts["order_lines"],
            reversal_count=counts["reversals"],
        )
    return LakeDay.objects.get(day=day)


def _wait_for_turn(day: date) -> None:
    """No row is locked while files are written: subscribers that ask for the day must not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lake'), %s)", [day.toordinal()])


def _ask_for_new_days(today: date) -> None:
    """Every day that is over becomes due once, however long nobody exported."""
    first = Order.objects.aggregate(first=Min("placed_at"))["first"]
    if first is not None:
        since = first.astimezone(UTC).date()
        days = {since + timedelta(days=offset) for offset in range((today - since).days)}
        known = set(LakeDay.objects.values_list("day", flat=True))
        LakeDay.objects.bulk_create([LakeDay(day=day) for day in sorted(days - known)], ignore_conflicts=True)
