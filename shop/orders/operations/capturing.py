"""Taking the money that the checkout had only reserved."""

from datetime import datetime

from django.db import transaction
from djmoney.money import Money

from events.api import emit
from shop.errors import CaptureRefused, PaymentUnavailable
from shop.orders.models import Order, Reversal
from shop.orders.operations.reversing import locked
from shop.payments import operations as payments
from shop.payments.events import PaymentCaptured


def capture(order_id: int, *, now: datetime) -> Money:
    """Take what is left of the order's price, once, and return it; nothing for an order that was charged before, or is
    cancelled by now.

    A part that is cancelled meanwhile is released before the capture, or refunded after it: the provider does one thing
    after the other. Safe to repeat. Raises CaptureRefused, and PaymentUnavailable, also when it is not known yet what a
    cancellation leaves to be captured. Must not run inside a transaction.
    """
    order = Order.objects.get(pk=order_id)
    nothing = Money(0, order.currency)
    if order.captured_at is not None or order.status == Order.Status.CANCELLED:
        return nothing
    if not order.charge_id:  # it costs nothing
        _note(order, nothing, now)
        return nothing
    try:
        taken = payments.capture(order.charge_id, f"{order.payment_key}:capture")
    except CaptureRefused:
        if _is_called_off(order):
            return nothing
        raise
    _note(order, taken, now)
    return taken


@transaction.atomic
def _note(order: Order, taken: Money, now: datetime) -> None:
    order = locked(order.pk)
    if order.captured_at is None:
        order.captured_at = now
        order.save(update_fields=["captured_at"])
        said = {"amount": taken.amount, "currency": str(taken.currency), "captured_at": now}
        emit(PaymentCaptured(order_id=order.pk, charge_id=order.charge_id, **said))


def _is_called_off(order: Order) -> bool:
    """Whether nothing was left to be captured. Raises PaymentUnavailable while a cancellation is being refunded."""
    refunding = order.reversals.filter(kind=Reversal.Kind.CANCELLATION, status=Reversal.Status.REFUNDING)
    if refunding.exists():
        raise PaymentUnavailable(why="")
    order.refresh_from_db()
    return order.status == Order.Status.CANCELLED
