"""From paid to delivered, and holding an order on the way."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.api import acting_as
from shop.errors import CannotAdvance
from shop.orders.models import Order, Reversal
from shop.orders.operations.reversing import locked

Status = Order.Status
_WAY = (Status.PAID, Status.PACKED, Status.SHIPPED, Status.DELIVERED)
_HOLDABLE = (Status.PLACED, Status.PAID)


def advance(
    order: Order, to: str, *, by: str, carrier: str = "", tracking_number: str = "", now: datetime | None = None
) -> Order:
    """Bring an order to packed, shipped or delivered, and return it; every step emits its event.

    A state it has, or had, is no error and emits nothing, so repeated and late reports are harmless. A step nobody
    reported is made on the way: what was shipped was packed. Raises CannotAdvance when the order is not on that way, is
    held before packing, not captured before shipping, or a cancellation is being refunded.
    """
    with acting_as(by), transaction.atomic():
        order = locked(order.pk)
        for step in _steps(order, Status(to)):
            _refuse_now(order, step)
            _make(order, step, now or timezone.now(), carrier, tracking_number)
        return order


def hold(order_id: int, *, reason: str) -> bool:
    """Keep an order from being packed; whether it is held now. It is not when it was packed already, cancelled or never
    paid. Twice is once: a held order keeps its first reason."""
    with transaction.atomic():
        order = locked(order_id)
        if order.held_at is None and order.status in _HOLDABLE:
            order.held_at, order.hold_reason = timezone.now(), reason[:200]
            order.save(update_fields=["held_at", "hold_reason"])
        return order.held_at is not None


def release(order_id: int, *, by: str) -> Order:
    """Let a held order go on; one that is not held stays as it is. The reason stays with the order."""
    with acting_as(by), transaction.atomic():
        order = locked(order_id)
        if order.held_at is not None:
            order.held_at = None
            order.save(update_fields=["held_at"])
        return order


def _steps(order: Order, to: Status) -> tuple[Status, ...]:
    if order.status not in _WAY:
        why = _("it is {status}, and only paid orders are sent.").format(status=order.get_status_display())
        raise CannotAdvance(number=order.number, why=why)
    return _WAY[_WAY.index(Status(order.status)) + 1 : _WAY.index(to) + 1]


def _refuse_now(order: Order, step: Status) -> None:
    if step == Status.PACKED and order.held_at is not None:
        why = _("it is held: {reason}").format(reason=order.hold_reason)
        raise CannotAdvance(number=order.number, why=why)
    if step == Status.SHIPPED and order.captured_at is None:
        raise CannotAdvance(number=order.number, why=_("its payment is not captured yet."))
    if step != Status.DELIVERED and order.reversals.filter(
        kind=Reversal.Kind.CANCELLATION, status=Reversal.Status.REFUNDING
    ):
        raise CannotAdvance(number=order.number, why=_("a cancellation is being refunded."))


def _make(order: Order, step: Status, now: datetime, carrier: str, tracking_number: str) -> None:
    if step == Status.PACKED:
        order.pack(now)
    elif step == Status.SHIPPED:
        order.ship(now, carrier, tracking_number)
    else:
        order.deliver(now)
    order.save(update_fields=["status", "packed_at", "shipped_at", "delivered_at", "carrier", "tracking_number"])
