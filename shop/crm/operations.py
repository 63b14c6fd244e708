"""Telling the CRM about a customer: everything, from the database as it is now.

So the order in which things happened does not matter. After each call the customer is read again: of two calls at once
the staler may arrive last, and then whoever made it sees that, and tells the CRM once more.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db.models import Count, F, Max, Min, Sum

from shop.crm.models import Contact
from shop.customers.models import Customer
from shop.errors import OutsideRefused
from shop.orders.models import Order
from shop.outside.client import Service
from shop.outside.records import noting

CRM = Service("CRM", "CRM_URL")
_MOST_ROUNDS = 5


def sync_contact(customer_id: int, *, now: datetime) -> None:
    """Bring the CRM's contact in line with the customer; who was erased is forgotten there, and then here. Safe to
    repeat, and two at once are. Raises OutsideError."""
    if _is_erased(customer_id):
        _forget_known(customer_id, now)
        return
    if not CRM.is_connected or not Customer.objects.filter(pk=customer_id).exists():
        return
    contact, _new = Contact.objects.get_or_create(customer_id=customer_id)
    document = contact_document(customer_id)
    for _round in range(_MOST_ROUNDS):
        _tell(contact, document, now)
        if _is_erased(customer_id):
            _forget(contact, document["email"], now)
            return
        sent, document = document, contact_document(customer_id)
        if document == sent:
            return


def contact_document(customer_id: int) -> dict[str, Any]:
    """What the CRM is to know: who it is, and what was bought and kept, by currency."""
    customer = Customer.objects.get(pk=customer_id)
    orders = Order.objects.filter(customer=customer, placed_at__isnull=False)
    times = orders.aggregate(first=Min("placed_at"), last=Max("placed_at"), count=Count("pk"))
    return {
        "email": customer.email,
        "name": customer.name,
        "language": customer.language,
        "has_account": customer.user_id is not None,
        "order_count": times["count"],
        "first_order_at": _text(times["first"]),
        "last_order_at": _text(times["last"]),
        "kept_totals": {
            row["total_currency"]: str(row["kept"])
            for row in orders.order_by("total_currency")
            .values("total_currency")
            .annotate(kept=Sum(F("total") - F("cancelled_total") - F("returned_total")))
        },
    }


def _tell(contact: Contact, document: dict[str, Any], now: datetime) -> None:
    """Each call has a key of its own: after an older state was sent in between, the same state must count again."""
    Contact.objects.filter(pk=contact.pk).update(revision=F("revision") + 1)
    contact.refresh_from_db(fields=["revision"])
    with noting(contact, now):
        CRM.call("PUT", _path(document["email"]), document, key=f"contact-{contact.pk}-{contact.revision}")
        _forget_former(contact, document["email"])
    Contact.objects.filter(pk=contact.pk).update(document=document, synced_at=now)


def _forget_former(contact: Contact, email: str) -> None:
    """The CRM knows people by their address: under the old one it would know somebody who is nobody any more, unless
    the address is another customer's by now."""
    former = Contact.objects.get(pk=contact.pk).document.get("email", email)
    if former != email and not Customer.objects.filter(email=former).exists():
        with suppress(OutsideRefused):  # it knows nobody by it
            CRM.call("DELETE", _path(former), key=f"contact-{contact.pk}-{contact.revision}-former")


def _is_erased(customer_id: int) -> bool:
    return Customer.objects.filter(pk=customer_id, erased_at__isnull=False).exists()


def _forget_known(customer_id: int, now: datetime) -> None:
    contact = Contact.objects.filter(customer_id=customer_id).first()
    if contact is not None:
        _forget(contact, contact.document.get("email", ""), now)


def _forget(contact: Contact, email: str, now: datetime) -> None:
    """The row goes when the CRM has forgotten, for it has the address that the CRM knows."""
    if email and CRM.is_connected:
        with noting(contact, now), suppress(OutsideRefused):  # it knows nobody by it
            CRM.call("DELETE", _path(email), key=f"contact-{contact.pk}-{contact.revision}-erased")
    Contact.objects.filter(pk=contact.pk).delete()


def _path(email: str) -> str:
    return f"/contacts/{quote(email, safe='@')}"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
