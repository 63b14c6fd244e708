"""What is exported: three tables, without names and addresses of people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

from shop.orders.models import Order, OrderLine, Reversal

AMOUNT = pa.decimal128(18, 2)
PRICE = pa.decimal128(18, 4)
INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Table:
    """A name, the rows of a day in a fixed order, and for each column the lookup and the type."""

    name: str
    rows: Callable[[datetime, datetime], QuerySet[Any]]
    columns: dict[str, tuple[str, pa.DataType]]

    @property
    def schema(self) -> pa.Schema:
        """What a file of it says about itself."""
        return pa.schema([(name, kind) for name, (_lookup, kind) in self.columns.items()])

    @property
    def lookups(self) -> list[str]:
        """What is read for a row."""
        return [lookup for lookup, _kind in self.columns.values()]

    def rows_of(self, day: date) -> QuerySet[Any]:
        """The rows of a day (UTC)."""
        start = datetime.combine(day, time.min, UTC)
        return self.rows(start, start + timedelta(days=1))


def _orders(start: datetime, end: datetime) -> QuerySet[Order]:
    return Order.objects.filter(placed_at__gte=start, placed_at__lt=end).order_by("pk")


def _lines(start: datetime, end: datetime) -> QuerySet[OrderLine]:
    placed = OrderLine.objects.filter(order__placed_at__gte=start, order__placed_at__lt=end)
    return placed.order_by("order_id", "position")


def _reversals(start: datetime, end: datetime) -> QuerySet[Reversal]:
    """Those that are in the books; one that ends later asks for its day then, and one that is rejected never does."""
    done = Reversal.objects.filter(status=Reversal.Status.DONE)
    return done.filter(created_at__gte=start, created_at__lt=end).order_by("pk")


TABLES = (
    Table(
        "orders",
        _orders,
        {
            "order_id": ("pk", pa.int64()),
            "number": ("number", pa.string()),
            "customer_id": ("customer_id", pa.int64()),
            "placed_at": ("placed_at", INSTANT),
            "status": ("status", pa.string()),
            "currency": ("total_currency", pa.string()),
            "subtotal": ("subtotal", AMOUNT),
            "discount": ("discount", AMOUNT),
            "shipping_fee": ("shipping_fee", AMOUNT),
            "tax": ("tax", AMOUNT),
            "total": ("total", AMOUNT),
            "cancelled_total": ("cancelled_total", AMOUNT),
            "returned_total": ("returned_total", AMOUNT),
            "line_count": ("line_count", pa.int64()),
            "unit_count": ("unit_count", pa.int64()),
            "coupon_code": ("coupon_code", pa.string()),
            "country": ("shipping_address__country", pa.string()),
        },
    ),
    Table(
        "order_lines",
        _lines,
        {
            "order_id": ("order_id", pa.int64()),
            "position": ("position", pa.int64()),
            "product_id": ("product_id", pa.int64()),
            "sku": ("product__sku", pa.string()),
            "variant_sku": ("variant__sku", pa.string()),
            "currency": ("unit_price_currency", pa.string()),
            "quantity": ("quantity", pa.int64()),
            "unit_price": ("unit_price", PRICE),
            "discount": ("discount", AMOUNT),
            "tax": ("tax", AMOUNT),
            "cancelled_quantity": ("cancelled_quantity", pa.int64()),
            "returned_quantity": ("returned_quantity", pa.int64()),
        },
    ),
    Table(
        "reversals",
        _reversals,
        {
            "reversal_id": ("pk", pa.int64()),
            "order_id": ("order_id", pa.int64()),
            "number": ("number", pa.int64()),
            "kind": ("kind", pa.string()),
            "status": ("status", pa.string()),
            "created_at": ("created_at", INSTANT),
            "currency": ("amount_currency", pa.string()),
            "amount": ("amount", AMOUNT),
            "unit_count": ("unit_count", pa.int64()),
        },
    ),
)
