"""Labels: wanted in a transaction, bought and voided outside of any.

The row comes first and bears the key under which the carrier is asked. Whatever becomes of the answer, the row says
that there may be a label, and `void_labels` asks for it, under the same key, and takes it back.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from shop.carrier.models import Label
from shop.carrier.service import CARRIER, Bought, purchase, take_back
from shop.errors import OutsideRefused
from shop.orders.models import Order
from shop.outside.records import noting

State = Label.State


def want_label(order: Order, key: str, *, return_number: int | None = None) -> Label | None:
    """Note that a label will be bought; with one key once. None where none is: no carrier, or nowhere to send it."""
    if not CARRIER.is_connected or not order.shipping_address:
        return None
    return Label.objects.get_or_create(key=key, defaults={"order": order, "return_number": return_number})[0]


def buy_label(label_id: int, *, now: datetime) -> Label:
    """Buy a wanted label; one that is bought, or was voided meanwhile, stays as it is. Safe to repeat.

    Raises OutsideError; a refusal says that the carrier does not go there.
    """
    label = Label.objects.select_related("order").get(pk=label_id)
    if label.state != State.WANTED or not _begin(label, now):
        return label
    try:
        with noting(label, now):
            bought = _ask(label)
    except OutsideRefused:
        _move(label, (State.WANTED,), state=State.REFUSED)
        raise
    _move(label, (State.WANTED,), state=State.BOUGHT, **_answered(bought))
    label.refresh_from_db()
    return label


def void_label(label_id: int, *, now: datetime) -> None:
    """Take a label back, whether or not its purchase was ever answered. Safe to repeat.

    Raises OutsideError; a refusal says that the parcel is on its way.
    """
    if Label.objects.filter(pk=label_id, state=State.WANTED, tried_at=None).update(state=State.VOIDED):
        return  # nobody has asked for it, and _begin lets nobody ask any more
    label = Label.objects.select_related("order").get(pk=label_id)
    if label.state in (State.VOIDED, State.REFUSED):
        return
    try:
        with noting(label, now):
            known = {} if label.outside_id else _answered(_ask(label))
    except OutsideRefused:  # it was never sold, and now it never will be
        _move(label, (State.WANTED,), state=State.REFUSED)
        return
    with noting(label, now):
        take_back(label.outside_id or known["outside_id"], f"{label.key}:void")
    _move(label, (State.WANTED, State.BOUGHT), state=State.VOIDED, **known)


def _begin(label: Label, now: datetime) -> bool:
    """Note, before the call, that the carrier may have sold it from now on; False when it was voided meanwhile."""
    return bool(_move(label, (State.WANTED,), tried_at=now))


def _ask(label: Label) -> Bought:
    customer, shop = dict(label.order.shipping_address), _shop_address()
    sender, receiver = (shop, customer) if label.return_number is None else (customer, shop)
    reference = label.order.number if label.return_number is None else f"{label.order.number}/R{label.return_number}"
    return purchase(reference=reference, sender=sender, receiver=receiver, key=label.key)


def _shop_address() -> dict[str, str]:
    """As on invoices."""
    first, *others = [*settings.SHOP_ADDRESS, ""]
    return {"name": settings.SHOP_NAME, "line1": first, "line2": ", ".join(filter(None, others))}


def _answered(bought: Bought) -> dict[str, Any]:
    return {name: getattr(bought, name) for name in ("outside_id", "carrier", "tracking_number", "cost", "document")}


def _move(label: Label, expected: tuple[str, ...], **values: Any) -> int:
    """Unless somebody else was faster."""
    return Label.objects.filter(pk=label.pk, state__in=expected).update(**values)
