"""Keeping the sales figures of days: what was sold and what came back, by currency."""

from collections.abc import Collection, Sequence
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from events.api import Fact
from shop.analytics.models import DailySales
from shop.orders.events import OrderCancelled, OrderPlaced
from shop.orders.models import Order
from shop.tallies import add

KEYS = ["day", "currency"]
#: Every figure, so that a row that is inserted has them all.
_NONE: dict[str, int | Decimal] = {
    "order_count": 0,
    "first_order_count": 0,
    "unit_count": 0,
    "gross": Decimal(0),
    "discount": Decimal(0),
    "shipping_fee": Decimal(0),
    "tax": Decimal(0),
    "cancelled": Decimal(0),
    "cancelled_unit_count": 0,
    "returned": Decimal(0),
    "returned_unit_count": 0,
}


def day_of(fact: Fact) -> date:
    """The day (UTC) on which it happened."""
    return fact.context.occurred_at.astimezone(UTC).date()


def write_daily_sales(facts: Sequence[Fact]) -> None:
    """Add what the facts say of orders that were placed, cancelled or returned to the figures of their days."""
    orders = Order.objects.in_bulk({fact.event.order_id for fact in facts if isinstance(fact.event, OrderPlaced)})
    firsts = _first_orders(orders)
    rows: dict[tuple[date, str], dict[str, Any]] = {}
    for fact in facts:
        event: Any = fact.event
        day, currency = day_of(fact), event.currency
        row = rows.setdefault((day, currency), {"day": day, "currency": currency, **_NONE})
        if not isinstance(event, OrderPlaced):
            name = "cancelled" if isinstance(event, OrderCancelled) else "returned"
            _add(row, **{name: event.amount, f"{name}_unit_count": event.unit_count})
        elif order := orders.get(event.order_id):
            _add(row, **_sold(order, is_first=order.pk in firsts))
    add(DailySales, KEYS, list(rows.values()))


def _sold(order: Order, *, is_first: bool) -> dict[str, int | Decimal]:
    """What it was when it was placed."""
    return {
        "order_count": 1,
        "first_order_count": int(is_first),
        "unit_count": order.unit_count,
        "gross": order.total.amount,
        "discount": order.discount.amount,
        "shipping_fee": order.shipping_fee.amount,
        "tax": order.tax.amount,
    }


def _first_orders(orders: Collection[Any]) -> set[int]:
    """The keys of those orders whose customers had placed none before; the same whenever it is asked."""
    if not orders:
        return set()
    customers = Order.objects.filter(pk__in=orders).values("customer_id")
    placed = Order.objects.filter(customer__in=customers, placed_at__isnull=False)
    first = placed.order_by("customer_id", "placed_at", "pk").distinct("customer_id")
    return set(first.values_list("pk", flat=True))


def _add(row: dict[str, Any], **figures: int | Decimal) -> None:
    for name, figure in figures.items():
        row[name] += figure
