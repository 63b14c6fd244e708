"""Writing customers and their addresses."""

from django.db import transaction
from django.utils.translation import gettext as _

from shop.customers.models import MOST_ADDRESSES, Address, Customer
from shop.errors import InvalidInput

_DEFAULTS = ("is_default_shipping", "is_default_billing")


def find_or_create(*, email: str, name: str, language: str) -> Customer:
    """The customer with this e-mail address, or a new one.

    A known customer keeps name and language: anybody can type somebody else's address at the counter.
    """
    customer, _created = Customer.objects.get_or_create(
        email=email.strip().lower(), defaults={"name": name, "language": language}
    )
    return customer


@transaction.atomic
def save_address(address: Address) -> Address:
    """Save it; what it is the default for, no other address of the customer is any more. Raises InvalidInput when the
    address book is full."""
    Customer.objects.select_for_update().get(pk=address.customer_id)
    if address.pk is None and Address.objects.filter(customer=address.customer_id).count() >= MOST_ADDRESSES:
        detail = _("An address book has at most {most} addresses.").format(most=MOST_ADDRESSES)
        raise InvalidInput([{"field": "", "code": "max_length", "detail": detail}])
    for flag in _DEFAULTS:
        if getattr(address, flag):
            Address.objects.filter(customer=address.customer_id, **{flag: True}).exclude(pk=address.pk).update(
                **{flag: False}
            )
    address.save()
    return address
