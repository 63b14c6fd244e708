"""The periodic duty that ends what a crash or a silent provider left half done."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from shop.errors import CannotCancel, CannotReturn, PaymentUnavailable
from shop.orders.models import Order, Reversal
from shop.orders.operations.checkout import confirm, free
from shop.orders.operations.reversing import complete
from shop.payments import operations as payments

MOST_A_RUN = 5_000
logger = logging.getLogger(__name__)
Thing = TypeVar("Thing", Order, Reversal)


def settle_abandoned(now: datetime, *, budget_seconds: float = 40.0) -> Counter[str]:
    """Confirm or free the orders, and complete the reversals, that waited too long; counts by what became of them.

    Begins nothing once the budget is spent; orders get half of it. Whoever waited longest since the last try comes
    first, so that a long queue of undecided ones keeps none from its turn, however slow the provider is.

    Two runs at once are safe: the provider answers both alike, and the row lock lets one of them write. The lock is
    never held while the provider thinks. One that fails is logged and waits for the next run; it never stops the rest.
    """
    begun = monotonic()
    before = now - timedelta(minutes=settings.ORDER_ABANDONED_AFTER_MINUTES)
    orders = Order.objects.filter(status=Order.Status.PENDING, created_at__lt=before)
    reversals = Reversal.objects.filter(status=Reversal.Status.REFUNDING, created_at__lt=before)
    return Counter(
        [
            *_each(_in_turn(orders, now, begun + budget_seconds / 2), lambda order: _settle_order(order, now)),
            *_each(_in_turn(reversals.select_related("order"), now, begun + budget_seconds), _settle_reversal),
        ]
    )


def _in_turn(waiting: QuerySet[Thing], now: datetime, deadline: float) -> Iterator[Thing]:
    """A try is noted before it is made: what kills the process goes to the end of the queue too."""
    for thing in waiting.order_by(Coalesce("tried_at", "created_at"), "pk")[:MOST_A_RUN]:
        if monotonic() >= deadline:
            return
        type(thing).objects.filter(pk=thing.pk).update(tried_at=now)
        yield thing


def _each(things: Iterator[Thing], settle: Callable[[Thing], str]) -> Iterator[str]:
    for thing in things:
        try:
            yield settle(thing)
        except PaymentUnavailable:
            yield "undecided"
        except SoftTimeLimitExceeded:
            raise
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


def _settle_reversal(reversal: Reversal) -> str:
    try:
        complete(reversal)
    except (CannotCancel, CannotReturn):
        return "refused"
    return "returned" if reversal.kind == Reversal.Kind.RETURN else "cancelled"
