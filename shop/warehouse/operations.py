"""Keeping the warehouse in line with the order, whatever happened to it in whatever order.

what is wanted: the pieces that are left of an order which is paid, not sent by other ways, and held by nobody
what is asked:  the shipment under way, if any

The same? Done. Else the shipment under way is cancelled, and another is asked for. The rows are written before and
after each call, never around it; the key of a shipment makes asking twice asking once.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction

from shop.errors import OutsideRefused
from shop.orders.models import Order
from shop.outside.records import noting
from shop.warehouse.models import Shipment
from shop.warehouse.service import WAREHOUSE, cancel_shipment, request_shipment

State = Shipment.State
#: What the warehouse may still be told to leave; it has the last word.
_UNSENT = (State.WANTED, State.REQUESTED, State.PACKED)
_OVER = (State.CANCELLED, State.REFUSED)
_MOST_ROUNDS = 5


def arrange_shipment(order_id: int, *, now: datetime) -> None:
    """Bring the warehouse in line with the order as it is now. Safe to repeat, and two at once are.

    Raises OutsideError; a refusal says that the warehouse has sent it already, or does not take the order.
    """
    if not WAREHOUSE.is_connected:
        return
    for _round in range(_MOST_ROUNDS):  # the order may change meanwhile
        shipment, is_wanted = _next_step(order_id)
        if shipment is None:
            return
        if is_wanted:
            _request(shipment, now)
        else:
            _cancel(shipment, now)


def _next_step(order_id: int) -> tuple[Shipment | None, bool]:
    """The shipment to ask for (True) or to cancel (False); None when all is as it should be."""
    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        wanted = _wanted_lines(order)
        shipments = Shipment.objects.filter(order=order)
        current = shipments.exclude(state__in=_OVER).select_related("order").first()
        if current is None:
            return _first_step(order, wanted, shipments.count())
    if current.state not in _UNSENT:
        return None, False
    if current.lines != wanted:
        return current, False
    return (current, True) if current.state == State.WANTED else (None, False)


def _first_step(order: Order, wanted: list[dict[str, Any]], count: int) -> tuple[Shipment | None, bool]:
    """What staff have packed without the warehouse is theirs to send."""
    if not wanted or (order.status == Order.Status.PACKED and not count):
        return None, False
    return _new_shipment(order, wanted, count + 1), True


def _wanted_lines(order: Order) -> list[dict[str, Any]]:
    """The pieces to send, summed by SKU; none of an order that waits, is sent or is over."""
    if order.status not in (Order.Status.PAID, Order.Status.PACKED) or order.held_at:
        return []
    pieces: Counter[str] = Counter()
    for line in order.lines.select_related("product", "variant"):
        pieces[line.sku] += line.quantity - line.cancelled_quantity
    return [{"sku": sku, "quantity": quantity} for sku, quantity in sorted(pieces.items()) if quantity]


def _new_shipment(order: Order, lines: list[dict[str, Any]], number: int) -> Shipment:
    return Shipment.objects.create(order=order, number=number, lines=lines, address=order.shipping_address)


def _request(shipment: Shipment, now: datetime) -> None:
    if not _begin(shipment, now):
        return
    try:
        with noting(shipment, now):
            outside_id = _ask(shipment)
    except OutsideRefused:
        _move(shipment, (State.WANTED,), state=State.REFUSED)
        raise
    _move(shipment, (State.WANTED,), state=State.REQUESTED, outside_id=outside_id)


def _cancel(shipment: Shipment, now: datetime) -> None:
    """One whose id is not known here may be known there all the same: asking again with its key brings the id."""
    if Shipment.objects.filter(pk=shipment.pk, tried_at=None).update(state=State.CANCELLED):
        return  # nobody has asked for it, and _begin lets nobody ask any more
    with noting(shipment, now):
        outside_id = shipment.outside_id or _ask(shipment)
        cancel_shipment(outside_id, f"{shipment.key}:cancel")
    _move(shipment, _UNSENT, state=State.CANCELLED, outside_id=outside_id)


def _begin(shipment: Shipment, now: datetime) -> bool:
    """Note, before the call, that the warehouse may know of it from now on; False when it was cancelled meanwhile."""
    return bool(_move(shipment, (State.WANTED,), tried_at=now))


def _ask(shipment: Shipment) -> str:
    return request_shipment(
        order_number=shipment.order.number, lines=shipment.lines, address=shipment.address, key=str(shipment.key)
    )


def _move(shipment: Shipment, expected: tuple[str, ...], **values: Any) -> int:
    """Unless somebody else was faster; the next round sees what became of it."""
    return Shipment.objects.filter(pk=shipment.pk, state__in=expected).update(**values)
