"""What each event of an order says of its row in the list."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from events.api import Event
from shop.orderbook.models import OrderListEntry
from shop.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderHeld,
    OrderPacked,
    OrderPaid,
    OrderPlaced,
    OrderReleased,
    OrderReturned,
    OrderShipped,
)
from shop.orders.models import Order

Status = Order.Status


def begun(order: Order) -> OrderListEntry:
    """What stays as it is from the moment the order is placed."""
    return OrderListEntry(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        status=Status.PLACED,
        currency=order.currency,
        total=order.total.amount,
        line_count=order.line_count,
        unit_count=order.unit_count,
        created_at=order.created_at,
        placed_at=order.placed_at,
    )


def _place(entry: OrderListEntry, event: OrderPlaced, order: Order) -> None:
    entry.status = Status.PLACED


def _pay(entry: OrderListEntry, event: OrderPaid, order: Order) -> None:
    entry.status = Status.PAID


def _pack(entry: OrderListEntry, event: OrderPacked, order: Order) -> None:
    entry.status, entry.packed_at = Status.PACKED, _said(event.packed_at, order.packed_at)


def _ship(entry: OrderListEntry, event: OrderShipped, order: Order) -> None:
    entry.status, entry.shipped_at = Status.SHIPPED, _said(event.shipped_at, order.shipped_at)
    entry.carrier, entry.tracking_number = event.carrier, event.tracking_number


def _deliver(entry: OrderListEntry, event: OrderDelivered, order: Order) -> None:
    entry.status, entry.delivered_at = Status.DELIVERED, _said(event.delivered_at, order.delivered_at)


def _cancel(entry: OrderListEntry, event: OrderCancelled, order: Order) -> None:
    entry.cancelled_total = event.cancelled_total
    entry.cancelled_unit_count += event.unit_count
    if event.whole:
        entry.status = Status.CANCELLED


def _return(entry: OrderListEntry, event: OrderReturned, order: Order) -> None:
    entry.returned_total = event.returned_total
    entry.returned_unit_count += event.unit_count
    if event.whole:
        entry.status = Status.RETURNED


def _hold(entry: OrderListEntry, event: OrderHeld, order: Order) -> None:
    entry.is_held = True


def _release(entry: OrderListEntry, event: OrderReleased, order: Order) -> None:
    entry.is_held = False


def _said(by_event: datetime | None, by_order: datetime | None) -> datetime | None:
    """Older versions of the events do not say when; the row of the order does, and it is set once."""
    return by_event or by_order


APPLY: Mapping[type[Event], Callable[[OrderListEntry, Any, Order], None]] = {
    OrderPlaced: _place,
    OrderPaid: _pay,
    OrderPacked: _pack,
    OrderShipped: _ship,
    OrderDelivered: _deliver,
    OrderCancelled: _cancel,
    OrderReturned: _return,
    OrderHeld: _hold,
    OrderReleased: _release,
}
