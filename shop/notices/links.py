"""The signed link with which somebody unsubscribes. It works for good, for whoever has the mail, without logging in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from shop.customers.models import Customer
from shop.errors import LinkInvalid

_SALT = "notices.unsubscribe"


def unsubscribe_link(customer: Customer) -> str:
    """For the customer at this address: if the address changes, old mails lead nowhere."""
    token = signing.dumps({"id": customer.pk, "email": customer.email}, salt=_SALT)
    return settings.SITE_ADDRESS.rstrip("/") + reverse("unsubscribe", args=[token])


def customer_of(token: str) -> Customer:
    """Whom a link is for. Raises LinkInvalid."""
    try:
        values = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise LinkInvalid from error
    customer = Customer.objects.filter(pk=values["id"], email=values["email"]).first()
    if customer is None:
        raise LinkInvalid
    return customer
