"""What the warehouse reports, and what becomes of the order."""

from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from events.api import emit
from shop.errors import CannotAdvance
from shop.orders.models import Order
from shop.orders.operations import advance
from shop.warehouse.events import ShipmentReported
from shop.warehouse.models import Instruction, Shipment

State = Shipment.State
#: The way of a shipment, and of its order, under the same names.
STEPS = (State.PACKED, State.SHIPPED, State.DELIVERED)
_ON_THE_WAY = (Order.Status.PAID, Order.Status.PACKED, Order.Status.SHIPPED)
BY = "system:warehouse"


@dataclass(frozen=True, slots=True)
class Report:
    """One call of the warehouse."""

    outside_id: str
    state: str
    carrier: str = ""
    tracking_number: str = ""


def record_report(report: Report) -> Shipment | None:
    """Keep the furthest state that was reported, and emit it; None when there is no such shipment.

    Twice is once, and reports may come in any order: an earlier state after a later one changes nothing.
    """
    with transaction.atomic():
        shipment = Shipment.objects.select_for_update().filter(outside_id=report.outside_id).first()
        if shipment is None or shipment.state in (State.CANCELLED, State.REFUSED):
            return shipment
        is_news = _rank(report.state) > _rank(shipment.state)
        shipment.state = report.state if is_news else shipment.state
        shipment.carrier = report.carrier or shipment.carrier
        shipment.tracking_number = report.tracking_number or shipment.tracking_number
        shipment.save(update_fields=["state", "carrier", "tracking_number"])
        if is_news:
            emit(ShipmentReported(shipment_id=shipment.pk, order_id=shipment.order_id, state=shipment.state))
            _advance_at_once(shipment.order_id)
    return shipment


def advance_order(order_id: int) -> None:
    """Take the order as far as its shipment is. Safe to repeat.

    A held order stays where it is; its release brings it here again. One that is over stays as well.
    """
    order = Order.objects.get(pk=order_id)
    shipment = Shipment.objects.filter(order=order, state__in=STEPS).first()
    if shipment and not order.held_at and order.status in _ON_THE_WAY:
        told = Instruction.objects.filter(order=order, word=Instruction.Word.GO).first()
        parcel = shipment if shipment.tracking_number or told is None else told  # it may say no more than "shipped"
        details = {"carrier": parcel.carrier or shipment.carrier, "tracking_number": parcel.tracking_number}
        advance(order, shipment.state, by=BY, **details)


def _advance_at_once(order_id: int) -> None:
    """From the moment the shop knows that something is sent, nobody can cancel it any more. Where that is not possible
    now, the event of the report sees to it later."""
    with suppress(CannotAdvance), transaction.atomic():
        advance_order(order_id)


def _rank(state: str) -> int:
    """0, 1, 2 on the way; -1 before it."""
    return STEPS.index(State(state)) if state in list(STEPS) else -1
