"""Customers hear of what they wish for."""

from datetime import UTC

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from djmoney.money import Money

from events.api import Context, subscriber
from shop.catalog.events import ProductUpdated
from shop.notices.events import WishNoticed
from shop.notices.models import WishNotice
from shop.notices.wishes import note_sent, notice_back_in, notice_price, still_true
from shop.stock.events import StockBackIn
from tasks.letters import amount_of, letter


@subscriber(StockBackIn, name="notices.notice_back_in")
def note_back_in(event: StockBackIn, context: Context) -> None:
    """Twice is once: a person has one notice of a product and day. The mails are deliveries of their own, so that none
    waits for another."""
    notice_back_in(event.product_id, context.occurred_at.astimezone(UTC).date(), event_id=context.event_id)


@subscriber(ProductUpdated, name="notices.notice_price")
def note_price(event: ProductUpdated, context: Context) -> None:
    """Twice is once: a person has one notice of a product, price and day."""
    day = context.occurred_at.astimezone(UTC).date()
    notice_price(event.product_id, event.old_price, event.new_price, day, event_id=context.event_id)


@subscriber(WishNoticed, name="notices.send", effects="external", max_retries=8)
def send_notice(event: WishNoticed, context: Context) -> None:
    """Twice is once, for a mail that is out is noted; if the worker dies between the two, both have the same
    Message-ID."""
    notice = still_true(event.notice_id, now=timezone.now())
    if notice is None:
        return
    with override(notice.customer.language):
        wish_letter(notice, context.idempotency_key).send()
    note_sent(notice.pk, now=timezone.now())


def wish_letter(notice: WishNotice, key: str) -> EmailMultiAlternatives:
    """The mail, in the language that must be active, with the price of now."""
    language, product = notice.customer.language, notice.product
    name, price = product.name_in(language), amount_of(product.price)
    if notice.kind == WishNotice.Kind.BACK_IN:
        subject = _("{product} is back in stock")
        first = _("you wished for {product}. It was sold out, and now it is back in stock, for {price}.")
        text = first.format(product=name, price=price)
    else:
        before = amount_of(Money(notice.old_price, product.price_currency))
        subject = _("{product} costs less now")
        first = _("you wished for {product}. It cost {before}, and now it costs {price}.")
        text = first.format(product=name, price=price, before=before)
    return letter(notice.customer, subject.format(product=name), [text], key)
