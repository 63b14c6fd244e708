"""The page of an order's past in the admin: what it was at any point, beside what it is now or was at another."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shop.orders.models import Order
from shop.orders.past import Then, then
from shop.orders.story import story

_UNSHOWN = {"order_id", "number", "customer_id", "unsaid"}
#: What the state has and the order's row has not.
_LABELS = {
    "currency": gettext_noop("currency"),
    "refunded_total": gettext_noop("refunded total"),
    "note_count": gettext_noop("notes"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of the order at two points, as people read it."""

    label: str
    then: str
    other: str
    is_changed: bool
    is_unsaid: bool


class OrderPast:
    """Mix into the admin of orders: its history page is folded from the log, at `?at=3`, compared `?with=5`."""

    object_history_template = "orders/past.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """For who may view orders. A point that there is not is said so, and the present is shown."""
        order = self.get_object(request, object_id)
        context = _page(request, order) if order is not None else {}
        return super().history_view(request, object_id, context | (extra_context or {}))  # type: ignore[misc]


def _page(request: HttpRequest, order: Order) -> dict[str, Any]:
    now = then(order)
    if now is None:
        return {"order": order}
    chosen, other = _chosen(request, order, "at") or now, _chosen(request, order, "with") or now
    return {
        "order": order,
        "now": now,
        "chosen": chosen,
        "other": other,
        "is_other_now": other.version == now.version,
        "compared": _compared(chosen, other),
        "moments": story(order),
        "earlier": chosen.version - 1 or None,
        "later": chosen.version + 1 if chosen.version < now.version else None,
    }


def _chosen(request: HttpRequest, order: Order, name: str) -> Then | None:
    """The point that the address names; None for the present, also when there is no such point."""
    text = request.GET.get(name, "")
    if not text:
        return None
    found = then(order, int(text)) if text.isascii() and text.isdecimal() and len(text) < 9 else None
    if found is None:
        told = _("There is no point {point} in the past of this order; the present is shown.")
        messages.warning(request, told.format(point=text[:40]))
    return found


def _compared(chosen: Then, other: Then) -> list[Compared]:
    one, two = chosen.state, other.state
    return [
        Compared(
            label=_label(name),
            then=_shown(name, getattr(one, name)),
            other=_shown(name, getattr(two, name)),
            is_changed=getattr(one, name) != getattr(two, name),
            is_unsaid=name in one.unsaid,
        )
        for name in type(one).model_fields
        if name not in _UNSHOWN
    ]


def _label(name: str) -> str:
    try:
        return str(Order._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return _(_LABELS[name])


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if name == "status":
        return str(Order.Status(value).label)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, Decimal | int):
        return number_format(value)
    return str(value)
