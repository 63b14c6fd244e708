"""What events of an order say of what only its page shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.api import Event
from shop.orderbook.models import OrderDetail
from shop.orders.events import OrderCancelled, OrderHeld, OrderPaid, OrderPlaced, OrderReleased, OrderReturned
from shop.orders.models import Order, OrderLine, Reversal
from shop.orders.tellings import told_by


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the event: when it was logged, and what was taken back of its order, by number."""

    logged_at: datetime
    reversals: Sequence[Reversal] = ()


def begun(order: Order, lines: Sequence[OrderLine]) -> OrderDetail:
    """What stays as it is from the moment the order is placed; nothing is taken back yet."""
    return OrderDetail(
        entry_id=order.pk,
        subtotal=order.subtotal.amount,
        discount=order.discount.amount,
        shipping_fee=order.shipping_fee.amount,
        tax=order.tax.amount,
        coupon_code=order.coupon_code,
        lines=[_line(line) for line in lines],
    )


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "quantity": line.quantity,
        "unit_price": f"{line.unit_price.amount:.4f}",
        "discount": f"{line.discount.amount:.2f}",
        "tax": f"{line.tax.amount:.2f}",
        "cancelled_quantity": 0,
        "returned_quantity": 0,
    }


def _place(detail: OrderDetail, event: OrderPlaced, known: Known) -> None:
    """Its row was begun."""


def _pay(detail: OrderDetail, event: OrderPaid, known: Known) -> None:
    detail.charge_id = event.charge_id


def _take_back(detail: OrderDetail, event: OrderCancelled | OrderReturned, known: Known) -> None:
    reversal = told_by(event, known.reversals, detail.counted)
    if reversal is None:
        return
    column = "returned_quantity" if reversal.kind == Reversal.Kind.RETURN else "cancelled_quantity"
    taken = {piece.line.position: piece.quantity for piece in reversal.lines.all()}
    detail.lines = [{**line, column: line[column] + taken.get(line["position"], 0)} for line in detail.lines]
    detail.counted = [*detail.counted, reversal.number]


def _hold(detail: OrderDetail, event: OrderHeld, known: Known) -> None:
    detail.held_at = event.held_at or known.logged_at


def _release(detail: OrderDetail, event: OrderReleased, known: Known) -> None:
    detail.held_at = None


APPLY: Mapping[type[Event], Callable[[OrderDetail, Any, Known], None]] = {
    OrderPlaced: _place,
    OrderPaid: _pay,
    OrderCancelled: _take_back,
    OrderReturned: _take_back,
    OrderHeld: _hold,
    OrderReleased: _release,
}
