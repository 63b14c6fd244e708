"""What the carrier reports of a parcel, and what becomes of the order, or of the return."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from events.api import emit
from shop.carrier.events import LabelReported
from shop.carrier.models import Label
from shop.errors import CannotAdvance, CannotReturn
from shop.orders.models import Order
from shop.orders.operations import advance, note_arrival

State = Label.State
#: The way of a parcel; and what its order is then.
STEPS = (State.MOVING, State.ARRIVED)
_ORDER_IS = {State.MOVING: Order.Status.SHIPPED, State.ARRIVED: Order.Status.DELIVERED}
_ON_THE_WAY = (Order.Status.PAID, Order.Status.PACKED, Order.Status.SHIPPED)
_SOLD = (State.BOUGHT, *STEPS)
BY = "system:carrier"


def record_report(outside_id: str, state: str) -> Label | None:
    """Keep the furthest state that was reported of a label, and emit it; None when there is no such label.

    Twice is once, and reports may come in any order: an earlier state after a later one changes nothing.
    """
    with transaction.atomic():
        label = Label.objects.select_for_update().filter(outside_id=outside_id).first()
        if label is None or label.state not in _SOLD:
            return label
        if _SOLD.index(State(state)) > _SOLD.index(State(label.state)):
            label.state = state
            label.save(update_fields=["state"])
            about = {"order_id": label.order_id, "return_number": label.return_number}
            emit(LabelReported(label_id=label.pk, **about, state=state))
            _follow_at_once(label)
    return label


def follow_parcel(label: Label) -> None:
    """Take the order, or the return, as far as its parcel is. Safe to repeat; an order that is over stays so.

    Raises CannotAdvance for an order that cannot be sent now, and CannotReturn for a return that was rejected.
    """
    if label.return_number is None:
        _send(label)
    elif label.state == State.ARRIVED:
        note_arrival(label.order, label.return_number, now=timezone.now())


def _send(label: Label) -> None:
    """Where nobody else reports it, the carrier does: what moves was shipped."""
    order = Order.objects.get(pk=label.order_id)
    if order.status in _ON_THE_WAY:
        parcel = {"carrier": label.carrier, "tracking_number": label.tracking_number}
        advance(order, _ORDER_IS[State(label.state)], by=BY, **parcel)


def _follow_at_once(label: Label) -> None:
    """As with the warehouse: what the shop knows to be on its way, nobody can cancel any more."""
    with suppress(CannotAdvance, CannotReturn), transaction.atomic():
        follow_parcel(label)
