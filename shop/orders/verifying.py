"""How `manage.py events verify` compares the folded orders with their rows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from events.api import verifies
from shop.orders.models import Order, OrderNote, Reversal

_AMOUNTS = ("subtotal", "discount", "shipping_fee", "tax", "total", "cancelled_total", "returned_total")
_VALUES = (
    "number", "customer_id", "status", "currency", "coupon_code", "affiliate", "line_count", "unit_count",
    "cancelled_unit_count", "returned_unit_count", "placed_at", "captured_at", "packed_at", "shipped_at",
    "delivered_at", "carrier", "tracking_number", "held_at", "hold_reason", "charge_id",
)  # fmt: skip


def order_streams() -> Iterator[str]:
    """Of every order that was placed; nothing else has happened to the others."""
    placed = Order.objects.filter(placed_at__isnull=False).order_by("pk")
    return (f"order-{pk}" for pk in placed.values_list("pk", flat=True).iterator())


@verifies("order-", streams=order_streams)
def order_rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that the state says; of an order that was never placed, the log has the notes alone."""
    ids = [int(stream.removeprefix("order-")) for stream in streams]
    done = Reversal.objects.filter(order__in=ids, status=Reversal.Status.DONE).order_by()
    refunded = dict(done.values_list("order").annotate(Sum("amount")))
    noted = dict(OrderNote.objects.filter(order__in=ids).order_by().values_list("order").annotate(Count("pk")))
    for order in Order.objects.filter(pk__in=ids):
        known = {"order_id": order.pk, "number": order.number, "note_count": noted.get(order.pk, 0)}
        if order.placed_at is not None:
            known |= _row(order) | {"refunded_total": refunded.get(order.pk, Decimal(0)), "unsaid": ()}
        yield f"order-{order.pk}", known


def _row(order: Order) -> dict[str, Any]:
    amounts = {name: getattr(order, name).amount for name in _AMOUNTS}
    return amounts | {name: getattr(order, name) for name in _VALUES}
