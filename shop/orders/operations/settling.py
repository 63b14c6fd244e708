"""The periodic duty that ends what a crash or a silent provider left half done."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings

from shop.errors import CannotCancel, PaymentUnavailable
from shop.orders.models import Cancellation, Order
from shop.orders.operations.cancelling import complete
from shop.orders.operations.checkout import confirm, free
from shop.payments import operations as payments

BATCH_COUNT = 200
logger = logging.getLogger(__name__)
Thing = TypeVar("Thing", Order, Cancellation)


def settle_abandoned(now: datetime) -> Counter[str]:
    """Confirm or free the orders, and complete the cancellations, that waited too long; counts by what became of them.

    Two runs at once are safe: the provider answers both alike, and the row lock lets one of them write. The lock is
    never held while the provider thinks. One that fails is logged and waits for the next run; it never stops the rest.
    """
    before = now - timedelta(minutes=settings.ORDER_ABANDONED_AFTER_MINUTES)
    orders = Order.objects.filter(status=Order.Status.PENDING, created_at__lt=before)
    open_cancellations = Cancellation.objects.filter(status=Cancellation.Status.REFUNDING, created_at__lt=before)
    return Counter(
        [
            *_each(orders.order_by("created_at")[:BATCH_COUNT], lambda order: _settle_order(order, now)),
            *_each(
                open_cancellations.select_related("order").order_by("created_at")[:BATCH_COUNT], _settle_cancellation
            ),
        ]
    )


def _each(things: Iterable[Thing], settle: Callable[[Thing], str]) -> Iterable[str]:
    for thing in things:
        try:
            yield settle(thing)
        except PaymentUnavailable:
            yield "undecided"
        except Exception:
            logger.exception("Settling %s failed; it is tried again at the next run.", thing)
            yield "failed"


def _settle_order(order: Order, now: datetime) -> str:
    charge = payments.close_key(str(order.payment_key))
    if charge is None:
        free(order, Order.Status.EXPIRED)
        return "expired"
    confirm(order, charge, now=now)
    return "confirmed"


def _settle_cancellation(cancellation: Cancellation) -> str:
    try:
        complete(cancellation)
    except CannotCancel:
        return "refused"
    return "cancelled"
