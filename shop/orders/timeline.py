"""What happened to an order, for people: its stream in the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from events.api import history
from shop.orders.models import Order

_TITLES = {
    "order.placed": gettext_noop("placed"),
    "order.paid": gettext_noop("paid"),
    "order.packed": gettext_noop("packed"),
    "order.shipped": gettext_noop("shipped"),
    "order.delivered": gettext_noop("delivered"),
    "order.cancelled": gettext_noop("cancelled"),
    "order.returned": gettext_noop("returned"),
    "order.refunded": gettext_noop("refunded"),
    "order.held": gettext_noop("held"),
    "order.released": gettext_noop("released"),
}
_DETAILS = ("carrier", "tracking_number", "charge_id", "refund_id", "reason")


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `details` are the event's own words."""

    at: datetime
    title: str
    actor: str
    details: str
    position: int


def timeline(order: Order) -> list[Moment]:
    """The oldest first."""
    return [
        Moment(
            at=event.occurred_at,
            title=_(_TITLES[event.name]) if event.name in _TITLES else event.name,
            actor=event.actor,
            details=_words(event.payload),
            position=event.position,
        )
        for event in history(f"order-{order.pk}")
    ]


def _words(payload: dict[str, Any]) -> str:
    count, money = payload.get("unit_count"), payload.get("amount") or payload.get("total")
    words = [ngettext("{count} piece", "{count} pieces", count).format(count=count)] if count else []
    words += [f"{money} {payload['currency']}"] if money and "currency" in payload else []
    return " · ".join([*words, *(str(payload[name]) for name in _DETAILS if payload.get(name))])
