"""The rules: each looks at one thing, and gives points when it is suspicious.

A rule never forbids anything; only the sum holds an order, and no single rule reaches the threshold of the settings'
default, so that one odd thing alone never stops a customer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shop.orders.models import Order

FREE_MAIL = frozenset(
    {
        "aol.com",
        "gmail.com",
        "gmx.com",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "yahoo.com",
        "yandex.com",
    }
)
HISTORY_COUNT = 3
TIMES_USUAL = 5
MANY_AN_HOUR = 10
MANY_DECLINED = 3
MANY_PIECES = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, with the figures for its sentence."""

    rule: str
    points: int
    data: dict[str, Any] = field(default_factory=dict)


#: What staff read about a finding, in their language.
SENTENCES = {
    "first-order-high": gettext_noop("The first order of this customer is worth {total}."),
    "far-above-usual": gettext_noop("Worth {total}, while this customer's orders are worth {usual} on average."),
    "many-orders": gettext_noop("{count} orders of this customer within an hour."),
    "declined-cards": gettext_noop("{count} declined cards of this customer within a day."),
    "other-country": gettext_noop("Billed to {billing}, shipped to {shipping}."),
    "other-recipient": gettext_noop("Billed to one person, shipped to another one at another address."),
    "free-mail-high": gettext_noop("A free mail address ({domain}) and an order worth {total}."),
    "many-pieces": gettext_noop("{count} pieces of one product."),
}


def findings(order: Order) -> list[Finding]:
    """Everything suspicious about a placed order; a constant number of queries."""
    return [finding for rule in RULES for finding in rule(order)]


def sentence(finding: dict[str, Any]) -> str:
    """A stored finding in the active language; a rule that is gone keeps its name."""
    text = SENTENCES.get(finding["rule"])
    return _(text).format(**finding["data"]) if text else finding["rule"]


def history(order: Order) -> Iterator[Finding]:
    """Worth much more than what this customer usually buys, or a lot for a first order."""
    before = _of_customer(order).filter(placed_at__lt=order.placed_at, total_currency=order.currency)
    known = before.aggregate(count=Count("pk"), usual=Avg("total"))
    if not known["count"] and _is_high(order):
        yield Finding("first-order-high", 30, {"total": str(order.total)})
    if known["count"] >= HISTORY_COUNT and _is_high(order) and order.total.amount > TIMES_USUAL * known["usual"]:
        usual = known["usual"].quantize(Decimal("0.01"))
        yield Finding("far-above-usual", 30, {"total": str(order.total), "usual": str(usual)})


def pace(order: Order) -> Iterator[Finding]:
    """Many orders in a short time, or many cards that were declined, as when stolen ones are tried."""
    since = order.placed_at - timedelta(hours=1)
    count = _of_customer(order).filter(placed_at__gt=since, placed_at__lte=order.placed_at).count() + 1
    if count >= MANY_AN_HOUR:
        yield Finding("many-orders", 25, {"count": count})
    day = order.placed_at - timedelta(days=1)
    tried = _of_customer(order).filter(
        status=Order.Status.DECLINED, created_at__gt=day, created_at__lte=order.placed_at
    )
    if (declined := tried.count()) >= MANY_DECLINED:
        yield Finding("declined-cards", 40, {"count": declined})


def addresses(order: Order) -> Iterator[Finding]:
    """Shipped to another country than billed to, or to somebody else somewhere else."""
    billing, shipping = order.billing_address, order.shipping_address
    if not billing or not shipping:
        return
    if billing.get("country") != shipping.get("country"):
        countries = {"billing": billing.get("country", ""), "shipping": shipping.get("country", "")}
        yield Finding("other-country", 25, countries)
    elif all(billing.get(name) != shipping.get(name) for name in ("name", "postal_code", "line1")):
        yield Finding("other-recipient", 10)


def address_of_mail(order: Order) -> Iterator[Finding]:
    """A free mail address is nothing by itself; with a high amount it is something."""
    domain = order.customer.email.rpartition("@")[2]
    if domain in FREE_MAIL and _is_high(order):
        yield Finding("free-mail-high", 20, {"domain": domain, "total": str(order.total)})


def quantities(order: Order) -> Iterator[Finding]:
    """More pieces of one thing than a household takes."""
    most = order.lines.aggregate(most=Max("quantity"))["most"] or 0
    if most >= MANY_PIECES and _is_high(order):
        yield Finding("many-pieces", 15, {"count": most})


RULES: tuple[Callable[[Order], Iterator[Finding]], ...] = (history, pace, addresses, address_of_mail, quantities)


def _of_customer(order: Order) -> Any:
    return Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk)


def _is_high(order: Order) -> bool:
    return order.total.amount >= Decimal(str(settings.FRAUD_HIGH_AMOUNT))
