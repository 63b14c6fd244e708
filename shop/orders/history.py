"""An order as its events tell it: the fold of its stream into the state it was in at any point."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from events.api import Event, LoggedEvent, fold
from shop.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderHeld,
    OrderNoted,
    OrderPacked,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderReleased,
    OrderRestated,
    OrderReturned,
    OrderShipped,
)
from shop.orders.models import Order
from shop.payments.events import PaymentCaptured

Changes = dict[str, Any]
Status = Order.Status
_NOTHING = Decimal(0)
#: What version 1 of order.placed left out.
_UNSAID = ("subtotal", "discount", "shipping_fee", "tax", "coupon_code", "affiliate", "placed_at")


class OrderState(BaseModel, frozen=True):
    """What an order was at one point of its stream; the fields are those of its row, and amounts are in `currency`.

    `refunded_total` is the sum of what went back to the customer. `unsaid` names the fields of which the log says
    nothing exact, because older versions of the events left them out and nobody has restated them: amounts are None
    then, and instants those at which the event was logged. Addresses are not in the log. Before it is placed an order
    has only notes.
    """

    order_id: int
    number: str
    customer_id: int
    status: str = Status.PENDING.value
    currency: str = ""
    subtotal: Decimal | None = None
    discount: Decimal | None = None
    shipping_fee: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    cancelled_total: Decimal = _NOTHING
    returned_total: Decimal = _NOTHING
    refunded_total: Decimal = _NOTHING
    coupon_code: str | None = None
    affiliate: str | None = None
    line_count: int = 0
    unit_count: int = 0
    cancelled_unit_count: int = 0
    returned_unit_count: int = 0
    placed_at: datetime | None = None
    captured_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    held_at: datetime | None = None
    hold_reason: str = ""
    charge_id: str = ""
    note_count: int = 0
    unsaid: tuple[str, ...] = ()


@fold("order-{order_id}", state=OrderState, version=1)
def order_state(state: OrderState | None, event: Event, logged: LoggedEvent) -> OrderState:
    """The state after one event more; an event that says nothing about the row leaves it as it is."""
    before = _unplaced(event) if state is None else state
    changes = _CHANGES.get(type(event))
    return before.model_copy(update=changes(before, event, logged)) if changes else before


def _unplaced(event: Any) -> OrderState:
    return OrderState(order_id=event.order_id, number=event.number, customer_id=event.customer_id)


def _placed(state: OrderState, event: OrderPlaced, logged: LoggedEvent) -> Changes:
    said = event.model_dump()
    if event.placed_at is None:
        said |= {"placed_at": logged.occurred_at, "unsaid": _UNSAID}
    return said | {"status": Status.PLACED.value}


def _paid(state: OrderState, event: OrderPaid, logged: LoggedEvent) -> Changes:
    said = {"status": Status.PAID.value, "charge_id": event.charge_id, "captured_at": event.captured_at}
    if logged.version == 1:
        said |= _at("captured_at", None, state, logged)
    return said


def _captured(state: OrderState, event: PaymentCaptured, logged: LoggedEvent) -> Changes:
    return {"captured_at": event.captured_at}


def _packed(state: OrderState, event: OrderPacked, logged: LoggedEvent) -> Changes:
    return {"status": Status.PACKED.value} | _at("packed_at", event.packed_at, state, logged)


def _shipped(state: OrderState, event: OrderShipped, logged: LoggedEvent) -> Changes:
    said = {"status": Status.SHIPPED.value, "carrier": event.carrier, "tracking_number": event.tracking_number}
    return said | _at("shipped_at", event.shipped_at, state, logged)


def _delivered(state: OrderState, event: OrderDelivered, logged: LoggedEvent) -> Changes:
    return {"status": Status.DELIVERED.value} | _at("delivered_at", event.delivered_at, state, logged)


def _cancelled(state: OrderState, event: OrderCancelled, logged: LoggedEvent) -> Changes:
    return {
        "status": Status.CANCELLED.value if event.whole else state.status,
        "cancelled_total": event.cancelled_total,
        "cancelled_unit_count": state.cancelled_unit_count + event.unit_count,
    }


def _returned(state: OrderState, event: OrderReturned, logged: LoggedEvent) -> Changes:
    return {
        "status": Status.RETURNED.value if event.whole else state.status,
        "returned_total": event.returned_total,
        "returned_unit_count": state.returned_unit_count + event.unit_count,
    }


def _refunded(state: OrderState, event: OrderRefunded, logged: LoggedEvent) -> Changes:
    return {"refunded_total": state.refunded_total + event.amount}


def _held(state: OrderState, event: OrderHeld, logged: LoggedEvent) -> Changes:
    return {"hold_reason": event.reason} | _at("held_at", event.held_at, state, logged)


def _released(state: OrderState, event: OrderReleased, logged: LoggedEvent) -> Changes:
    return {"held_at": None, "unsaid": tuple(name for name in state.unsaid if name != "held_at")}


def _restated(state: OrderState, event: OrderRestated, logged: LoggedEvent) -> Changes:
    return event.model_dump() | {"unsaid": ()}


def _noted(state: OrderState, event: OrderNoted, logged: LoggedEvent) -> Changes:
    return {"note_count": state.note_count + 1}


def _at(field: str, said: datetime | None, state: OrderState, logged: LoggedEvent) -> Changes:
    """The row's instant; else when the event was logged, which is near it."""
    if said is not None:
        return {field: said}
    return {field: logged.occurred_at, "unsaid": (*state.unsaid, field)}


_CHANGES: dict[type[Event], Callable[[OrderState, Any, LoggedEvent], Changes]] = {
    OrderPlaced: _placed,
    OrderPaid: _paid,
    PaymentCaptured: _captured,
    OrderPacked: _packed,
    OrderShipped: _shipped,
    OrderDelivered: _delivered,
    OrderCancelled: _cancelled,
    OrderReturned: _returned,
    OrderRefunded: _refunded,
    OrderHeld: _held,
    OrderReleased: _released,
    OrderRestated: _restated,
    OrderNoted: _noted,
}
