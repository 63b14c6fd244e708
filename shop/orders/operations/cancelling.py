"""Cancelling an order or a part of it, before it is shipped."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from shop.orders.models import Order, Reversal
from shop.orders.operations.reversing import Kind, Status, Wish, complete, locked, refusal, speak_for

_STAFF_MAY = (Order.Status.PAID, Order.Status.PACKED)
_CUSTOMERS_MAY = (Order.Status.PAID,)


def cancel(
    order: Order,
    quantities: Mapping[int, int] | None = None,
    *,
    by: str,
    reason: str = "",
    before_packing: bool = False,
) -> Order:
    """Cancel `quantities` (pieces by line position), or all that is left, and return the order as it is then.

    With `before_packing`, as for customers, a packed order is refused. Raises InvalidInput for unknown positions,
    CannotCancel, and PaymentUnavailable: then the cancellation is kept and completed by settle_abandoned. Must not run
    inside a transaction.
    """
    wish = Wish(Kind.CANCELLATION, quantities, by, reason)
    return complete(_request(order, wish, _CUSTOMERS_MAY if before_packing else _STAFF_MAY))


def call_off(order_id: int, *, by: str, reason: str) -> Order:
    """Cancel whatever is left of an order, and end the cancellations that are under way, so that all that was paid and
    not sent goes back. Safe to repeat, also after PaymentUnavailable.

    Raises CannotCancel for an order that was shipped, and PaymentUnavailable. Must not run inside a transaction.
    """
    order = Order.objects.get(pk=order_id)
    for begun in order.reversals.filter(kind=Kind.CANCELLATION, status=Status.REFUNDING).select_related("order"):
        complete(begun)
    order.refresh_from_db()
    return order if order.status == Order.Status.CANCELLED else cancel(order, by=by, reason=reason)


@transaction.atomic
def _request(order: Order, wish: Wish, states: tuple[str, ...]) -> Reversal:
    order = locked(order.pk)
    _refuse_wrong_state(order, states)
    return speak_for(order, wish)


def _refuse_wrong_state(order: Order, states: tuple[str, ...]) -> None:
    if order.status in states:
        return
    why = _("it is {status}, and only paid orders that are not shipped can be cancelled.")
    if order.status == Order.Status.PACKED:
        why = _("it is {status} already; please return it when it has arrived.")
    raise refusal(order, Kind.CANCELLATION, why.format(status=order.get_status_display()))
