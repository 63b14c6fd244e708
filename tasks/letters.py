"""What mails have in common; and in those that customers did not ask for one by one: how to unsubscribe from them."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.billing.amounts import printed
from shop.customers.models import Customer
from shop.notices.links import unsubscribe_link


def letter(
    to: Customer, subject: str, paragraphs: Sequence[str], key: str, *, about_own_order: bool = False
) -> EmailMultiAlternatives:
    """In the active language. Mail programs show a button for the List-Unsubscribe headers (RFC 8058); what is said
    `about_own_order` comes all the same, and has none."""
    link = "" if about_own_order else unsubscribe_link(to)
    headers = {"Message-ID": f"<{key}@{settings.MAIL_DOMAIN}>"}
    if link:
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    values = {
        "subject": subject,
        "greeting": _("Hello {name},").format(name=to.name),
        "paragraphs": paragraphs,
        "unsubscribe": link,
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
    }
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("letters/letter.txt", values),
        to=to.recipients,
        headers=headers,
    )
    mail.attach_alternative(render_to_string("letters/letter.html", values), "text/html")
    return mail


def amount_of(money: Money) -> str:
    """In the active language, as on invoices. In Arabic a mark keeps the minus sign at the left of the number."""
    text = printed(money.amount, str(money.currency), get_language() or settings.LANGUAGE_CODE)
    return f"\N{LEFT-TO-RIGHT MARK}{text}" if get_language_bidi() else text
