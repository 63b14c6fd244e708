"""Erasing a customer: asked for here, and done in the back room, table by table."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from knox.models import AuthToken

from events.api import Erasure, acting_as, erase
from shop.customers.models import Customer
from shop.errors import CannotErase, InvalidInput
from shop.orders.models import Order, Reversal

_OVER = (
    Order.Status.DELIVERED,
    Order.Status.CANCELLED,
    Order.Status.RETURNED,
    Order.Status.DECLINED,
    Order.Status.EXPIRED,
)
_OPEN_REVERSALS = (Reversal.Status.REQUESTED, Reversal.Status.REFUNDING)
_SHOWN_NUMBERS = 5
_PREFIX = "customer-"


def person_of(customer_id: int) -> str:
    """What the events call a customer."""
    return f"{_PREFIX}{customer_id}"


def customer_named(person: str) -> int | None:
    """The customer whom the events call so; None for what is no customer."""
    number = person.removeprefix(_PREFIX)
    return int(number) if person.startswith(_PREFIX) and number.isascii() and number.isdigit() else None


@transaction.atomic
def erase_customer(customer_id: int, *, reason: str, by: str) -> Erasure:
    """Destroy the key to what the log says of a customer, and end their log-ins; the subscribers of person.erased clear
    everything else. Safe to repeat. Raises CannotErase while something is to be sent, received or refunded, and for
    accounts of staff."""
    customer = Customer.objects.select_for_update().select_related(None).get(pk=customer_id)
    _refuse_open_orders(customer)
    _refuse_staff(customer)
    with acting_as(by):
        erasure = erase(person_of(customer_id), reason=reason, by=by)
    if customer.user_id is not None:
        end_log_ins(customer.user_id)
    return erasure


def erase_oneself(user: User, password: str) -> None:
    """For a customer who asks for it. Raises InvalidInput for a wrong password, and CannotErase."""
    if not user.check_password(password):
        detail = _("This is not your current password.")
        raise InvalidInput([{"field": "password", "code": "wrong_password", "detail": detail}])
    erase_customer(user.customer.pk, reason="asked for by the customer", by=f"user:{user.pk}")


def end_log_ins(user_id: int) -> None:
    """Nobody logs in with this account any more: tokens end here, and sessions by the password that is none."""
    user = User.objects.get(pk=user_id)
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    AuthToken.objects.filter(user=user).delete()


def open_orders(customer: Customer) -> QuerySet[Order]:
    """Those of which something is still to be sent, received or refunded."""
    unsettled = ~Q(status__in=_OVER) | Q(reversals__status__in=_OPEN_REVERSALS)
    return Order.objects.filter(unsettled, customer=customer).distinct()


def _refuse_open_orders(customer: Customer) -> None:
    numbers = list(open_orders(customer).order_by("pk").values_list("number", flat=True)[: _SHOWN_NUMBERS + 1])
    if numbers:
        more = " …" if len(numbers) > _SHOWN_NUMBERS else ""
        why = _(
            "These orders are not over yet: {numbers}. Cancel them, or come back when they are delivered or refunded."
        )
        raise CannotErase(why=why.format(numbers=", ".join(numbers[:_SHOWN_NUMBERS]) + more))


def _refuse_staff(customer: Customer) -> None:
    if customer.user is not None and customer.user.is_staff:
        raise CannotErase(why=_("This is an account of staff. Take that away from it first."))
