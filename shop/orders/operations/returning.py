"""Returns, whole or by line, of what was shipped: asked for by customers, received or rejected by staff."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.errors import CannotReturn
from shop.orders.models import Order, Reversal
from shop.orders.operations.reversing import Kind, Status, Wish, complete, locked, refusal, speak_for

_WITH_CUSTOMER = (Order.Status.SHIPPED, Order.Status.DELIVERED)


def return_pieces(
    order: Order, quantities: Mapping[int, int] | None = None, *, by: str, reason: str = "", restock: bool = True
) -> Order:
    """Take back `quantities` (pieces by line position), or all that is left, refund them, and return the order as it is
    then. Only with `restock` the pieces can be sold again.

    Raises InvalidInput for unknown positions, CannotReturn, and PaymentUnavailable: then the return is kept and
    completed by settle_abandoned. Must not run inside a transaction.
    """
    return complete(_speak_for(order, Wish(Kind.RETURN, quantities, by, reason, restock)))


def request_return(
    order: Order, quantities: Mapping[int, int] | None = None, *, by: str, reason: str = "", now: datetime
) -> Reversal:
    """A customer wants to send pieces back; they are spoken for, and nothing is refunded until staff receive them.

    Raises InvalidInput for unknown positions, and CannotReturn, also when RETURN_DAYS after the delivery are over.
    """
    with transaction.atomic():
        order = locked(order.pk)
        _refuse_late(order, now)
        return _speak_for(order, Wish(Kind.RETURN, quantities, by, reason, status=Status.REQUESTED))


def receive_return(order: Order, number: int, *, restock: bool = True) -> Order:
    """The pieces of a requested return are there: refund them. Received again, it is completed again, which is safe.

    Raises CannotReturn and PaymentUnavailable, as return_pieces. Must not run inside a transaction.
    """
    waiting = order.reversals.filter(kind=Kind.RETURN, number=number, status=Status.REQUESTED)
    waiting.update(status=Status.REFUNDING, restock=restock)
    return complete(_request(order, number, Status.REFUNDING, Status.DONE))


def reject_return(order: Order, number: int) -> Reversal:
    """Not taken back; the pieces are free to be returned another time. Rejected again, it stays so.

    Raises CannotReturn when it was received already.
    """
    order.reversals.filter(kind=Kind.RETURN, number=number, status=Status.REQUESTED).update(status=Status.REJECTED)
    return _request(order, number, Status.REJECTED)


@transaction.atomic
def _speak_for(order: Order, wish: Wish) -> Reversal:
    order = locked(order.pk)
    if order.status not in _WITH_CUSTOMER:
        why = _("it is {status}, and only what was shipped can be returned.")
        raise refusal(order, Kind.RETURN, why.format(status=order.get_status_display()))
    return speak_for(order, wish)


def _request(order: Order, number: int, *states: Status) -> Reversal:
    """The return of that number, in one of the states."""
    found = order.reversals.select_related("order").filter(kind=Kind.RETURN, number=number).first()
    if found is None:
        raise CannotReturn(number=order.number, why=_("there is no return {number}.").format(number=number))
    if found.status not in states:
        why = _("return {number} is {status}.").format(number=number, status=found.get_status_display())
        raise CannotReturn(number=order.number, why=why)
    return found


def _refuse_late(order: Order, now: datetime) -> None:
    since = order.delivered_at or order.shipped_at
    if since and now > since + timedelta(days=settings.RETURN_DAYS):
        days = settings.RETURN_DAYS
        why = ngettext("the {days} day for returns is over.", "the {days} days for returns are over.", days)
        raise CannotReturn(number=order.number, why=why.format(days=days))
