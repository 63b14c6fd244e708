"""What happened to an order, for people: its stream in the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from events.api import LoggedEvent, history, logged_events
from shop.orders.models import Order

#: No page shows more of them; the points before are reached from an earlier point.
MOST_MOMENTS = 200
_TITLES = {
    "order.placed": gettext_noop("placed"),
    "order.paid": gettext_noop("paid"),
    "payment.captured": gettext_noop("money taken"),
    "order.packed": gettext_noop("packed"),
    "order.shipped": gettext_noop("shipped"),
    "order.delivered": gettext_noop("delivered"),
    "order.cancelled": gettext_noop("cancelled"),
    "order.cancellation_refused": gettext_noop("cancellation refused"),
    "order.returned": gettext_noop("returned"),
    "order.refunded": gettext_noop("refunded"),
    "order.held": gettext_noop("held"),
    "order.released": gettext_noop("released"),
    "order.return_requested": gettext_noop("return requested"),
    "order.return_arrived": gettext_noop("return arrived"),
    "order.return_decided": gettext_noop("return decided"),
    "order.noted": gettext_noop("noted"),
    "order.restated": gettext_noop("restated"),
}
_DETAILS = ("carrier", "tracking_number", "charge_id", "refund_id", "reason")


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, what, who, and why.

    `version` is how many events the order had with it, None for a step of a saga. `details` are the event's own words.
    `actor` is as in the log, and `who` a name for it where there is one. The `cause` is the event whose subscriber did
    it; without one it goes back to a request or a command alone.
    """

    at: datetime
    title: str
    actor: str
    who: str
    details: str
    position: int | None
    version: int | None = None
    correlation_id: UUID | None = None
    cause: LoggedEvent | None = None


def timeline(order: Order, *, upto: int | None = None) -> list[Moment]:
    """The oldest first; the last ones, up to a version of the stream if one is given."""
    happened = history(f"order-{order.pk}", last=MOST_MOMENTS, upto=upto)
    causes = logged_events([event.causation_id for event in happened if event.causation_id])
    names = _names(happened)
    return [
        Moment(
            at=event.occurred_at,
            title=title_of(event.name),
            actor=event.actor,
            who=names.get(event.actor, event.actor),
            details=_words(event.uncovered()),
            position=event.position,
            version=event.stream_version,
            correlation_id=event.correlation_id,
            cause=causes.get(event.causation_id) if event.causation_id else None,
        )
        for event in happened
    ]


def title_of(name: str) -> str:
    """What people call an event; the name itself where they have no word for it."""
    return _(_TITLES[name]) if name in _TITLES else name


def _names(happened: Sequence[LoggedEvent]) -> dict[str, str]:
    """Of the users among the actors, such as `user:5`."""
    actors = {event.actor for event in happened if event.actor.startswith("user:")}
    ids = [int(number) for actor in actors if (number := actor.removeprefix("user:")).isdecimal()]
    return {f"user:{user.pk}": user.get_username() for user in get_user_model().objects.filter(pk__in=ids)}


def _words(payload: dict[str, Any]) -> str:
    count, money = payload.get("unit_count"), payload.get("amount") or payload.get("total")
    words = [ngettext("{count} piece", "{count} pieces", count).format(count=count)] if count else []
    words += [f"{money} {payload['currency']}"] if money and "currency" in payload else []
    return " · ".join([*words, *(str(payload[name]) for name in _DETAILS if payload.get(name))])
