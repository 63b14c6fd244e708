"""What the shop's tables lose when a customer is erased. Rows stay wherever others count on them; words go.

    customer, account     placeholders, so that orders still belong to somebody
    address book, cart, wishlist, wish notices, reviews      gone
    orders, shipments, labels      only the country of their addresses stays
    free text of and about the customer      gone
    invoices and credit notes      stay: the law says for how long

Everything is safe to repeat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import JSONObject
from knox.models import AuthToken

from events.api import sagas_of
from shop.accounts.models import Registration
from shop.carrier.models import Label
from shop.carts.models import Cart
from shop.catalog.models import Review
from shop.crm.models import Contact
from shop.customers.models import Address, Customer
from shop.followups.models import FollowUp
from shop.followups.operations import drop
from shop.idempotency.models import RecordedRequest
from shop.notices.models import WishNotice
from shop.orders.models import Order, OrderNote, Reversal
from shop.partners.models import Conversion
from shop.payments.models import Payment, ProviderReport
from shop.sales.models import SalesNote
from shop.warehouse.models import Shipment
from shop.wishlists.models import WishlistItem

ERASED = "(erased)"
#: What a later report needs of an earlier one of the payment provider.
_KEPT_OF_REPORTS = ("id", "object", "status", "reason", "failure_reason", "payment_intent", "charge", "created")


@dataclass(frozen=True, slots=True)
class Known:
    """What belongs to a customer, before it is cleared."""

    customer: Customer
    user: User | None
    orders: QuerySet[Order]

    @classmethod
    def of(cls, customer_id: int) -> "Known":
        """Raises Customer.DoesNotExist."""
        customer = Customer.objects.select_for_update(of=("self",)).select_related("user").get(pk=customer_id)
        return cls(customer, customer.user, Order.objects.filter(customer=customer))


def clear_customer(customer_id: int, *, now: datetime) -> list[str]:
    """Clear all that the shop keeps of a customer, in the current transaction; emits customer.changed. Returns the
    streams whose events are about the customer's things."""
    known = Known.of(customer_id)
    streams = list(_streams(known))
    _clear_orders(known, now)
    _clear_ledgers(known)
    _clear_belongings(known)
    _clear_answers(known)
    _clear_log_of_admin(known)
    _clear_account(known.user)
    _clear_row(known.customer, now)
    return streams


def _streams(known: Known) -> Iterator[str]:
    things: dict[str, Any] = {
        "order": known.orders,
        "paper": known.orders.values("papers"),
        "shipment": Shipment.objects.filter(order__in=known.orders),
        "label": Label.objects.filter(order__in=known.orders),
        "followup": FollowUp.objects.filter(order__in=known.orders),
        "wish-notice": WishNotice.objects.filter(customer=known.customer),
        "payment-report": _reports(known),
        "registration": Registration.objects.filter(email=known.customer.email),
    }
    for name, rows in things.items():
        yield from (f"{name}-{pk}" for pk in rows.values_list("papers" if name == "paper" else "pk", flat=True) if pk)
    for key in _saga_keys(known):
        yield from (f"saga-{saga.name}-{saga.key}" for saga in sagas_of(key))
    if known.user is not None:
        yield f"user-{known.user.pk}"


def _saga_keys(known: Known) -> Iterator[str]:
    """Of the sagas that look after an order, or after one of its returns."""
    yield from (f"order-{order_id}" for order_id in known.orders.values_list("pk", flat=True))
    returns = Reversal.objects.filter(order__in=known.orders, kind=Reversal.Kind.RETURN)
    yield from (f"return-{order_id}-{number}" for order_id, number in returns.values_list("order_id", "number"))


def _clear_orders(known: Known, now: datetime) -> None:
    for order_id in known.orders.values_list("pk", flat=True):
        drop(order_id, now=now)
    mine = {"order__in": known.orders}
    Reversal.objects.filter(**mine).exclude(reason="").update(reason=ERASED)
    OrderNote.objects.filter(**mine).update(text=ERASED)
    Shipment.objects.filter(**mine).update(address=_country_of("address"), error="")
    Label.objects.filter(**mine).update(document="", error="")
    known.orders.update(
        shipping_address=_country_of("shipping_address"),
        billing_address=_country_of("billing_address"),
        hold_reason="",
    )


def _country_of(field: str) -> models.Case:
    """Of a kept address what taxes are counted by; nothing of one that is empty."""
    country = JSONObject(country=F(f"{field}__country"))
    return models.Case(
        models.When(**{f"{field}__has_key": "country"}, then=country), default=models.Value({}, models.JSONField())
    )


def _clear_ledgers(known: Known) -> None:
    mine = {"order__in": known.orders}
    SalesNote.objects.filter(**mine).update(text="", error="")
    Conversion.objects.filter(**mine).update(error="")
    for report in _reports(known):
        thing = report.content.get("object")
        kept = {name: thing[name] for name in _KEPT_OF_REPORTS if name in thing} if isinstance(thing, dict) else {}
        ProviderReport.objects.filter(pk=report.pk).update(content={"object": kept})
    charges = known.orders.exclude(charge_id="").values("charge_id")
    Payment.objects.filter(provider_id__in=charges).update(card_last_four="")


def _reports(known: Known) -> QuerySet[ProviderReport]:
    """What the payment provider told of the customer's money."""
    charges = [charge for charge in known.orders.values_list("charge_id", flat=True) if charge]
    refunds = Reversal.objects.filter(order__in=known.orders).exclude(refund_id="").values_list("refund_id", flat=True)
    about = Q(thing_id__in=[*charges, *refunds])
    for name in ("payment_intent", "charge"):
        about |= Q(**{f"content__object__{name}__in": charges})
    return ProviderReport.objects.filter(about)


def _clear_belongings(known: Known) -> None:
    """Reviews one by one, for the ratings that they are counted in."""
    for model in (Address, Cart, WishlistItem, WishNotice):
        model._base_manager.filter(customer=known.customer).delete()
    Registration.objects.filter(email=known.customer.email).delete()
    if known.user is not None:
        for review in Review.objects.filter(by=known.user):
            review.delete()


def _clear_answers(known: Known) -> None:
    """What a request was answered that is sent again is not told any more; but it does nothing again either."""
    scopes = [f"user:{known.user.pk}"] if known.user else []
    asked = RecordedRequest.objects.filter(Q(scope__in=scopes) | Q(reference__in=known.orders.values("payment_key")))
    asked.exclude(status=None).update(status=410, body="null")


def _clear_log_of_admin(known: Known) -> None:
    """Who of the staff changed what and when stays; what it was called goes."""
    of_customer = Q(
        content_type__app_label="customers", content_type__model="customer", object_id=str(known.customer.pk)
    )
    named = Q(object_repr__icontains=known.customer.email) | Q(change_message__icontains=known.customer.email)
    if known.user is not None:
        of_customer |= Q(content_type__app_label="auth", content_type__model="user", object_id=str(known.user.pk))
    LogEntry.objects.filter(of_customer | named).update(object_repr=ERASED, change_message="")


def _clear_account(user: User | None) -> None:
    if user is None:
        return
    user.username, user.email, user.first_name, user.last_name = f"erased-{user.pk}", "", "", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    AuthToken.objects.filter(user=user).delete()


def _clear_row(customer: Customer, now: datetime) -> None:
    """Last, for the address leads to much of the rest. The CRM is told by customer.changed, and by the address that it
    knows, which its own row keeps until it has forgotten."""
    if customer.erased_at is not None:
        return
    for contact in Contact.objects.filter(customer=customer):
        Contact.objects.filter(pk=contact.pk).update(document={"email": contact.document.get("email", customer.email)})
    # Nobody can have taken that address before, or order with it afterwards.
    customer.email, customer.name = f"erased-{customer.pk}-{token_hex(8)}@erased.invalid", ""
    customer.erased_at = now
    customer.unsubscribed_at = customer.unsubscribed_at or now
    customer.save()
