"""Adding to the sales figures of products."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from shop.analytics.models import CountedReversal, ProductSales
from shop.orders.models import OrderLine, Reversal, ReversedLine
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


def add_products(day: date, order_id: int) -> None:
    """Count the lines of an order."""
    lines = OrderLine.objects.filter(order=order_id)
    _add(day, ((line, {"unit_count": line.quantity, "revenue": line.paid_for.amount}) for line in lines))


def add_reversals(day: date, order_id: int) -> None:
    """Count what came back of an order and was not counted yet; safe to repeat, also at the same moment."""
    _add(day, _came_back(order_id))  # of all reversals at once: rows are locked in one order


def _came_back(order_id: int) -> Iterator[tuple[OrderLine, dict[str, Any]]]:
    done = Reversal.objects.filter(order=order_id, status=Reversal.Status.DONE).order_by("number")
    for reversal in done.prefetch_related("lines__line"):
        if _is_new(reversal):
            name = "cancelled" if reversal.kind == Reversal.Kind.CANCELLATION else "returned"
            for taken in reversal.lines.all():
                yield taken.line, {f"{name}_unit_count": taken.quantity, name: _amount(taken, reversal)}


def _is_new(reversal: Reversal) -> bool:
    """Two that look at once: the second waits for the first to commit, and then it is not new."""
    return CountedReversal.objects.get_or_create(pk=reversal.pk)[1]


def _amount(taken: ReversedLine, reversal: Reversal) -> Decimal:
    """To the penny, like the refunds, when the reversals of an order end in the order in which they began."""
    earlier = ReversedLine.objects.filter(
        line=taken.line_id, reversal__status=Reversal.Status.DONE, reversal__number__lt=reversal.number
    )
    before = earlier.aggregate(pieces=Sum("quantity"))["pieces"] or 0
    return taken.line.amount_between(before, before + taken.quantity).amount


def _add(day: date, lines: Iterable[tuple[OrderLine, dict[str, Any]]]) -> None:
    rows: dict[int, dict[str, Any]] = {}
    for line, figures in lines:
        currency = line.unit_price_currency
        row = rows.setdefault(
            line.product_id, {"day": day, "product_id": line.product_id, "currency": currency, **_NONE}
        )
        for name, figure in figures.items():
            row[name] += figure
    add(ProductSales, _KEYS, list(rows.values()))
