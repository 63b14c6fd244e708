"""The receipt by mail."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _

from events.api import Context, subscriber
from shop.customers.countries import country_name
from shop.orders.events import OrderPlaced
from shop.orders.models import Order, OrderLine
from shop.orders.queries import full_orders
from tasks.letters import amount_of


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as the customer reads it."""

    name: str
    quantity: int
    unit_price: str
    total: str


@dataclass(frozen=True, slots=True)
class _Sum:
    """An amount between the lines and the total."""

    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where parcels or the invoice go."""

    title: str
    lines: list[str]


@subscriber(
    OrderPlaced,
    name="receipts.send_receipt",
    effects="external",
    max_retries=8,
    soft_time_limit_seconds=30,
    time_limit_seconds=40,
)
def send_receipt(event: OrderPlaced, context: Context) -> None:
    """Twice is harmless: both mails have the same Message-ID, by which mail programs know them for one."""
    order = full_orders().prefetch_related("lines__product__translations").get(pk=event.order_id)
    with override(order.customer.language):
        receipt(order, order.customer.language, context.idempotency_key).send()


def receipt(order: Order, language: str, key: str) -> EmailMultiAlternatives:
    """The mail in a language, which must be active."""
    values = {
        "order": order,
        "total": amount_of(order.total),
        "lines": _lines(order, language),
        "sums": _sums(order),
        "places": _places(order),
        "language": language,
        "direction": "rtl" if get_language_bidi() else "ltr",
    }
    mail = EmailMultiAlternatives(
        subject=_("Your order {number}").format(number=order.number),
        body=render_to_string("receipts/receipt.txt", values),
        to=order.customer.recipients,
        headers={"Message-ID": f"<{key}@{settings.MAIL_DOMAIN}>"},
    )
    mail.attach_alternative(render_to_string("receipts/receipt.html", values), "text/html")
    return mail


def _lines(order: Order, language: str) -> list[_Line]:
    return [
        _Line(
            name=_name(line, language),
            quantity=line.quantity,
            unit_price=amount_of(line.unit_price),
            total=amount_of(line.total),
        )
        for line in order.lines.all()
    ]


def _name(line: OrderLine, language: str) -> str:
    """Of a variant with its SKU, for its product alone would not say which."""
    name = line.product.name_in(language)
    return f"{name} ({line.variant.sku})" if line.variant else name


def _sums(order: Order) -> list[_Sum]:
    """From the price of the lines to the total; nothing for an order where both are the same."""
    coupon = _("Discount ({coupon})").format(coupon=order.coupon_code) if order.coupon_code else _("Discount")
    sums = [(coupon, -order.discount), (_("Shipping"), order.shipping_fee), (_("Tax"), order.tax)]
    shown = [_Sum(name, amount_of(amount)) for name, amount in sums if amount.amount]
    return [_Sum(_("Subtotal"), amount_of(order.subtotal)), *shown] if shown else []


def _places(order: Order) -> list[_Place]:
    """The addresses; one when both are the same, none when the order has none."""
    shipping, billing = _address(order.shipping_address), _address(order.billing_address)
    if shipping and shipping == billing:
        return [_Place(_("Delivery and billing address"), shipping)]
    places = [_Place(_("Delivery address"), shipping), _Place(_("Billing address"), billing)]
    return [place for place in places if place.lines]


def _address(kept: dict[str, str]) -> list[str]:
    """As it is written on a parcel; the country by its name in the active language."""
    town = " ".join(kept[field] for field in ("postal_code", "city") if kept.get(field))
    named = {**kept, "town": town, "country_name": country_name(kept.get("country", ""))}
    fields = ("name", "line1", "line2", "town", "region", "country_name", "phone")
    return [named[field] for field in fields if named.get(field)]
