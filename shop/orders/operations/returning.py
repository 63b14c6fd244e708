"""Returns, whole or by line, of what was shipped: asked for by customers, received or rejected by staff.

requested ─▶ arrived ─▶ accepted, and refunded      Each is an event of the order; tasks/returns.py conducts the rest:
     └──────────┴─────▶ rejected                    the label, the mails, and the end of a return that never comes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.api import emit
from shop.errors import CannotReturn
from shop.orders.events import OrderReturnArrived, OrderReturnDecided, OrderReturnRequested
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
        made = _speak_for(order, Wish(Kind.RETURN, quantities, by, reason, status=Status.REQUESTED))
        said = {"amount": made.amount.amount, "currency": order.currency, "unit_count": made.unit_count}
        emit(OrderReturnRequested(**_about(order, made.number), **said))
        return made


def note_arrival(order: Order, number: int, *, now: datetime) -> Reversal:
    """The pieces of a requested return are in the house. Noted again, nothing changes.

    Raises CannotReturn when there is no such return, or it was rejected.
    """
    _arrive(order, number, now)
    return _request(order, number, Status.REQUESTED, Status.REFUNDING, Status.DONE, Status.REFUSED)


def receive_return(order: Order, number: int, *, restock: bool = True) -> Order:
    """The pieces of a requested return are there, and accepted: refund them. Received again, it is completed again,
    which is safe.

    Raises CannotReturn and PaymentUnavailable, as return_pieces. Must not run inside a transaction.
    """
    _arrive(order, number, timezone.now())
    _decide(order, number, Status.REFUNDING, restock=restock)
    return finish_return(order, number)


def finish_return(order: Order, number: int) -> Order:
    """Refund an accepted return, once, however often it is asked. Raises CannotReturn and PaymentUnavailable, as
    return_pieces. Must not run inside a transaction."""
    return complete(_request(order, number, Status.REFUNDING, Status.DONE))


def reject_return(order: Order, number: int) -> Reversal:
    """Not taken back; the pieces are free to be returned another time. Rejected again, it stays so.

    Raises CannotReturn when it was received already.
    """
    _decide(order, number, Status.REJECTED)
    return _request(order, number, Status.REJECTED)


@transaction.atomic
def _arrive(order: Order, number: int, now: datetime) -> None:
    """Once, and only what was asked for."""
    if _requested(order, number).filter(arrived_at=None).update(arrived_at=now):
        emit(OrderReturnArrived(**_about(order, number)))


@transaction.atomic
def _decide(order: Order, number: int, status: Status, **values: bool) -> None:
    """Of several that decide at once, one does."""
    if _requested(order, number).update(status=status, **values):
        accepted = status == Status.REFUNDING
        restocked = accepted and values["restock"]
        emit(OrderReturnDecided(**_about(order, number), accepted=accepted, restocked=restocked))


def _requested(order: Order, number: int) -> QuerySet[Reversal]:
    return order.reversals.filter(kind=Kind.RETURN, number=number, status=Status.REQUESTED)


def _about(order: Order, number: int) -> dict[str, Any]:
    return {"order_id": order.pk, "number": order.number, "customer_id": order.customer_id, "return_number": number}


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
