"""The receipt by mail."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _
from moneyed.l10n import format_money

from events.api import Context, subscriber
from shop.orders.events import OrderPlaced
from shop.orders.models import Order
from shop.orders.queries import full_orders


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as the customer reads it."""

    name: str
    quantity: int
    unit_price: str
    total: str


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
        "total": format_money(order.total, locale=language),
        "lines": _lines(order, language),
        "language": language,
        "direction": "rtl" if get_language_bidi() else "ltr",
    }
    mail = EmailMultiAlternatives(
        subject=_("Your order {number}").format(number=order.number),
        body=render_to_string("receipts/receipt.txt", values),
        to=[order.customer.email],
        headers={"Message-ID": f"<{key}@{settings.MAIL_DOMAIN}>"},
    )
    mail.attach_alternative(render_to_string("receipts/receipt.html", values), "text/html")
    return mail


def _lines(order: Order, language: str) -> list[_Line]:
    return [
        _Line(
            name=line.product.name_in(language),
            quantity=line.quantity,
            unit_price=format_money(line.unit_price, locale=language),
            total=format_money(line.total, locale=language),
        )
        for line in order.lines.all()
    ]
