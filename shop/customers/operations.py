"""Writing customers."""

from shop.customers.models import Customer


def find_or_create(*, email: str, name: str, language: str) -> Customer:
    """The customer with this e-mail address, or a new one.

    A known customer keeps name and language: anybody can type somebody else's address at the counter.
    """
    customer, _created = Customer.objects.get_or_create(
        email=email.strip().lower(), defaults={"name": name, "language": language}
    )
    return customer
