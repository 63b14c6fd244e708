"""Keeping the warehouse in line with the order, whatever happened to it in whatever order.

what is wanted: the pieces that are left of an order which is paid, not sent by other ways, not withdrawn, not held, and
                of which no cancellation is under way
what is asked:  the shipment under way, if any

The same? Then it may go, once its fulfilment says so. Else the shipment under way is cancelled, and another is asked
for. The rows are written before and after each call, never around it; the key of a shipment makes asking twice asking
once.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from shop.errors import OutsideRefused
from shop.orders.models import Order, Reversal
from shop.outside.records import noting
from shop.warehouse.models import Instruction, Shipment
from shop.warehouse.service import WAREHOUSE, cancel_shipment, let_go, request_shipment

State = Shipment.State
#: What the warehouse may still be told to leave; it has the last word.
_UNSENT = (State.WANTED, State.REQUESTED, State.PACKED)
_OVER = (State.CANCELLED, State.REFUSED)
Word = Instruction.Word
Step = Callable[[datetime], None]
_MOST_ROUNDS = 5
#: What a warehouse answers to a cancellation that comes too late.
SENT_STATUS = 409


def arrange_shipment(order_id: int, *, now: datetime) -> None:
    """Bring the warehouse in line with the order as it is now. Safe to repeat, and two at once are.

    Raises OutsideError; a refusal says that the warehouse has sent it already, or does not take the order.
    """
    if not WAREHOUSE.is_connected:
        return
    for _round in range(_MOST_ROUNDS):  # the order may change meanwhile
        step = _next_step(order_id)
        if step is None:
            return
        step(now)


def clear_shipment(order_id: int, *, carrier: str = "", tracking_number: str = "", now: datetime) -> None:
    """Let the order's shipment go, this one and any that takes its place, with that label. Safe to repeat.

    Raises OutsideError.
    """
    given = {"word": Word.GO, "carrier": carrier, "tracking_number": tracking_number}
    Instruction.objects.get_or_create(order_id=order_id, defaults=given)
    arrange_shipment(order_id, now=now)


def withdraw_shipment(order_id: int, *, now: datetime) -> None:
    """Have nothing of the order sent, whatever becomes of it. Safe to repeat.

    Raises OutsideError; a refusal says that the warehouse has sent it already.
    """
    Instruction.objects.update_or_create(order_id=order_id, defaults={"word": Word.WITHDRAWN})
    arrange_shipment(order_id, now=now)
    if is_sent(order_id):
        raise OutsideRefused(service=WAREHOUSE.name, status=SENT_STATUS, reason="it has reported the order as sent")


def is_sent(order_id: int) -> bool:
    """Whether the warehouse has reported that it has sent the order."""
    return Shipment.objects.filter(order=order_id, state__in=(State.SHIPPED, State.DELIVERED)).exists()


def _next_step(order_id: int) -> Step | None:
    """The call to make; None when all is as it should be."""
    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        told = Instruction.objects.filter(order=order).first()
        wanted = [] if told and told.word == Word.WITHDRAWN else _wanted_lines(order)
        shipments = Shipment.objects.filter(order=order)
        current = shipments.exclude(state__in=_OVER).select_related("order").first()
        if current is None:
            return _first_step(order, wanted, shipments.count())
    if current.state not in _UNSENT:
        return None
    if current.lines != wanted:
        return partial(_cancel, current)
    if current.state == State.WANTED:
        return partial(_request, current)
    return partial(_let_go, current, told) if told and current.told_at is None else None


def _first_step(order: Order, wanted: list[dict[str, Any]], count: int) -> Step | None:
    """What staff have packed without the warehouse is theirs to send."""
    if not wanted or (order.status == Order.Status.PACKED and not count):
        return None
    return partial(_request, _new_shipment(order, wanted, count + 1))


def _wanted_lines(order: Order) -> list[dict[str, Any]]:
    """The pieces to send, summed by SKU; none of an order that waits, is sent or is over."""
    if order.status not in (Order.Status.PAID, Order.Status.PACKED) or order.held_at or _is_being_cancelled(order):
        return []
    pieces: Counter[str] = Counter()
    for line in order.lines.select_related("product", "variant"):
        pieces[line.sku] += line.quantity - line.cancelled_quantity
    return [{"sku": sku, "quantity": quantity} for sku, quantity in sorted(pieces.items()) if quantity]


def _is_being_cancelled(order: Order) -> bool:
    """A part of it at least: it is not known yet what is left."""
    return order.reversals.filter(kind=Reversal.Kind.CANCELLATION, status=Reversal.Status.REFUNDING).exists()


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


def _let_go(shipment: Shipment, told: Instruction, now: datetime) -> None:
    """A refusal says nothing where the order wants another shipment by now: the next round asks for that one."""
    label = {"carrier": told.carrier, "tracking_number": told.tracking_number}
    try:
        with noting(shipment, now):
            let_go(shipment.outside_id, **label, key=f"{shipment.key}:ship")
    except OutsideRefused:
        if shipment.lines == _wanted_lines(Order.objects.get(pk=shipment.order_id)):
            raise
    else:
        _move(shipment, _UNSENT, told_at=now)


def _cancel(shipment: Shipment, now: datetime) -> None:
    """One whose id is not known here may be known there all the same: asking again with its key brings the id."""
    if Shipment.objects.filter(pk=shipment.pk, tried_at=None).update(state=State.CANCELLED):
        return  # nobody has asked for it, and _begin lets nobody ask any more
    try:
        with noting(shipment, now):
            outside_id = shipment.outside_id or _ask(shipment)
    except OutsideRefused:  # it was never taken, and now it never will be
        _move(shipment, (State.WANTED,), state=State.REFUSED)
        return
    with noting(shipment, now):
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
