"""Adding to the sales figures."""

from datetime import date
from decimal import Decimal

from django.db import connection

# Added up in the database, so that many workers can add to one day at once.
_ADD = """
INSERT INTO analytics_dailysales AS sales
    (day, currency, order_count, unit_count, gross, cancelled, cancelled_unit_count)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (day, currency) DO UPDATE SET
    order_count = sales.order_count + excluded.order_count,
    unit_count = sales.unit_count + excluded.unit_count,
    gross = sales.gross + excluded.gross,
    cancelled = sales.cancelled + excluded.cancelled,
    cancelled_unit_count = sales.cancelled_unit_count + excluded.cancelled_unit_count
"""


def add_order(day: date, currency: str, amount: Decimal, unit_count: int) -> None:
    """Count an order."""
    _add(day, currency, 1, unit_count, amount, Decimal(0), 0)


def add_cancellation(day: date, currency: str, amount: Decimal, unit_count: int) -> None:
    """Count what was cancelled."""
    _add(day, currency, 0, 0, Decimal(0), amount, unit_count)


def _add(
    day: date,
    currency: str,
    order_count: int,
    unit_count: int,
    gross: Decimal,
    cancelled: Decimal,
    cancelled_unit_count: int,
) -> None:
    row = [day, currency, order_count, unit_count, gross, cancelled, cancelled_unit_count]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, row)
