"""Keeping the sales figures of products."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from events.api import Fact
from shop.analytics.days import day_of
from shop.analytics.models import CountedReversal, ProductSales
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.orders.models import OrderLine, Reversal
from shop.orders.tellings import Tellings, Told
from shop.tallies import add

_KEYS = ["day", "product_id", "currency"]
_NONE: dict[str, int | Decimal] = {
    "unit_count": 0,
    "revenue": Decimal(0),
    "cancelled_unit_count": 0,
    "cancelled": Decimal(0),
    "returned_unit_count": 0,
    "returned": Decimal(0),
}
Figures = dict[str, int | Decimal]


def write_product_sales(facts: Sequence[Fact]) -> None:
    """Add what the facts say of orders that were placed, cancelled or returned to the figures of their products."""
    lines = _lines_of({fact.event.order_id for fact in facts if isinstance(fact.event, OrderPlaced)})
    back = {fact.event.order_id for fact in facts if isinstance(fact.event, OrderCancelled | OrderReturned)}
    tellings = Tellings(back, CountedReversal)
    rows: dict[tuple[date, int, str], dict[str, Any]] = {}
    for fact in facts:
        event, day = fact.event, day_of(fact)
        if isinstance(event, OrderPlaced):
            found = iter([(line, _sold(line)) for line in lines[event.order_id]])
        else:
            found = _given_back(tellings.of(event))  # type: ignore[arg-type]
        for line, figures in found:
            _add(rows, day, line, figures)
    tellings.store()
    add(ProductSales, _KEYS, list(rows.values()))


def _given_back(told: Told | None) -> Iterator[tuple[OrderLine, Figures]]:
    """By line; the parts add up, to the penny, to what the line had cost."""
    if told is None:
        return
    name = "cancelled" if told.reversal.kind == Reversal.Kind.CANCELLATION else "returned"
    for taken in told.reversal.lines.all():
        before = sum(
            piece.quantity for one in told.before for piece in one.lines.all() if piece.line_id == taken.line_id
        )
        amount = taken.line.amount_between(before, before + taken.quantity).amount
        yield taken.line, {f"{name}_unit_count": taken.quantity, name: amount}


def _sold(line: OrderLine) -> Figures:
    return {"unit_count": line.quantity, "revenue": line.paid_for.amount}


def _lines_of(orders: Collection[int]) -> defaultdict[int, list[OrderLine]]:
    found: defaultdict[int, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=orders).order_by("order_id", "position") if orders else ():
        found[line.order_id].append(line)
    return found


def _add(rows: dict[tuple[date, int, str], dict[str, Any]], day: date, line: OrderLine, figures: Figures) -> None:
    currency = line.unit_price_currency
    key = {"day": day, "product_id": line.product_id, "currency": currency}
    row = rows.setdefault((day, line.product_id, currency), {**key, **_NONE})
    for name, figure in figures.items():
        row[name] += figure
