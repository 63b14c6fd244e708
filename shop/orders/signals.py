"""Saving an order emits what the save means."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from events.api import Event, emit
from shop.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderHeld,
    OrderNoted,
    OrderPacked,
    OrderPaid,
    OrderPlaced,
    OrderReleased,
    OrderShipped,
)
from shop.orders.models import Order, OrderNote


@receiver(post_save, sender=Order)
def emit_order_saved(instance: Order, raw: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """What the save says: a new state, cancelled pieces, held or released; nothing for fixtures."""
    if raw:
        return
    changed = instance.changed_fields(update_fields)
    if "status" in changed and instance.status in _EVENT_OF_STATUS:
        emit(_EVENT_OF_STATUS[instance.status](instance))
    if "cancelled_unit_count" in changed and instance.cancelled_unit_count:
        emit(_cancelled(instance))
    if "held_at" in changed and instance.held_at is not None:
        emit(_held(instance))
    elif "held_at" in changed and instance.remembered("held_at") is not None:
        emit(_released(instance))


@receiver(post_save, sender=OrderNote)
def emit_note_saved(instance: OrderNote, created: bool, raw: bool, **_: Any) -> None:
    """That there is a note; nothing for fixtures."""
    if created and not raw:
        order = instance.order
        emit(OrderNoted(order_id=order.pk, number=order.number, customer_id=order.customer_id, note_id=instance.pk))


def _placed(order: Order) -> OrderPlaced:
    return OrderPlaced(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        subtotal=order.subtotal.amount,
        discount=order.discount.amount,
        shipping_fee=order.shipping_fee.amount,
        tax=order.tax.amount,
        total=order.total.amount,
        currency=order.currency,
        coupon_code=order.coupon_code,
        affiliate=order.affiliate,
        line_count=order.line_count,
        unit_count=order.unit_count,
        placed_at=order.placed_at,
    )


def _paid(order: Order) -> OrderPaid:
    return OrderPaid(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        amount=order.total.amount,
        currency=order.currency,
        charge_id=order.charge_id,
        captured_at=order.captured_at,
    )


def _cancelled(order: Order) -> OrderCancelled:
    return OrderCancelled(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        amount=order.cancelled_total.amount - order.remembered("cancelled_total", 0),
        cancelled_total=order.cancelled_total.amount,
        returned_total=order.returned_total.amount,
        total=order.total.amount,
        currency=order.currency,
        unit_count=order.cancelled_unit_count - order.remembered("cancelled_unit_count", 0),
        whole=order.cancelled_unit_count == order.unit_count,
    )


def _packed(order: Order) -> OrderPacked:
    return OrderPacked(order_id=order.pk, number=order.number, customer_id=order.customer_id, packed_at=order.packed_at)


def _shipped(order: Order) -> OrderShipped:
    return OrderShipped(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        shipped_at=order.shipped_at,
    )


def _delivered(order: Order) -> OrderDelivered:
    return OrderDelivered(
        order_id=order.pk, number=order.number, customer_id=order.customer_id, delivered_at=order.delivered_at
    )


def _held(order: Order) -> OrderHeld:
    return OrderHeld(
        order_id=order.pk,
        number=order.number,
        customer_id=order.customer_id,
        reason=order.hold_reason,
        held_at=order.held_at,
    )


def _released(order: Order) -> OrderReleased:
    return OrderReleased(order_id=order.pk, number=order.number, customer_id=order.customer_id)


_EVENT_OF_STATUS: dict[str, Callable[[Order], Event]] = {
    Order.Status.PLACED: _placed,
    Order.Status.PAID: _paid,
    Order.Status.PACKED: _packed,
    Order.Status.SHIPPED: _shipped,
    Order.Status.DELIVERED: _delivered,
}
