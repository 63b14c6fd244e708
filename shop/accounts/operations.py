"""Registering, and passwords. An account comes into being when its address is proved, and only then finds its customer.

Answers never tell whether an address has an account: who asks for somebody else's learns nothing, and its owner gets a
mail.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from events.api import emit
from shop.accounts import links
from shop.accounts.events import ConfirmationRequested, PasswordChanged, PasswordResetRequested, UserRegistered
from shop.accounts.models import Registration
from shop.accounts.queries import user_with_address
from shop.customers.models import Customer
from shop.errors import InvalidInput, LinkInvalid


@transaction.atomic
def ask_for_account(*, email: str, name: str, language: str, now: datetime) -> None:
    """Emit what leads to a mail with a link: to confirm, or to a new password where there is an account already.

    Asked again, the newest name and language count, and every link that was sent still works.
    """
    if (user := user_with_address(email)) is not None:
        emit(PasswordResetRequested(user_id=user.pk))
        return
    values = {"name": name, "language": language, "requested_at": now}
    registration, _made = Registration.objects.update_or_create(email=email, defaults=values)
    emit(ConfirmationRequested(registration_id=registration.pk))


@transaction.atomic
def confirm_account(token: str, password: str) -> User:
    """Make the account that a link leads to, with the password that is chosen now, and give it the customer of that
    address with all its orders. Emits user.registered. Raises LinkInvalid (also the second time) and InvalidInput.
    """
    registration = Registration.objects.select_for_update().filter(pk=links.registration_of(token)).first()
    if registration is None or user_with_address(registration.email) is not None:
        raise LinkInvalid
    user = User(username=registration.email, email=registration.email, first_name=registration.name[:150])
    _set_password(user, password, "password")
    customer = _customer_of(registration, user)
    registration.delete()
    emit(UserRegistered(user_id=user.pk, customer_id=customer.pk, email=registration.email, name=registration.name))
    return user


@transaction.atomic
def ask_for_new_password(email: str) -> None:
    """Emit what leads to a mail with a link; for an address without an account, nothing."""
    if (user := user_with_address(email)) is not None:
        emit(PasswordResetRequested(user_id=user.pk))


@transaction.atomic
def reset_password(token: str, password: str) -> User:
    """Set the password that is chosen now. The link works once. Raises LinkInvalid and InvalidInput."""
    user = links.user_of(token)
    _replace_password(user, password, "password")
    return user


@transaction.atomic
def change_password(user: User, current: str, new: str) -> None:
    """Set a new password for who knows the current one. Raises InvalidInput."""
    if not user.check_password(current):
        detail = _("This is not your current password.")
        raise InvalidInput([{"field": "current_password", "code": "wrong_password", "detail": detail}])
    _replace_password(user, new, "new_password")


@transaction.atomic
def save_profile(user: User, *, name: str | None = None, language: str | None = None) -> None:
    """One's own name, and the language of one's mails."""
    customer = getattr(user, "customer", None)
    if name is not None:
        user.first_name = name[:150]
        user.save(update_fields=["first_name"])
    if customer is not None and (name is not None or language is not None):
        customer.name, customer.language = name or customer.name, language or customer.language
        customer.save(update_fields=["name", "language"])


def forget_registrations(before: datetime) -> int:
    """Delete what nobody confirmed in time; how many. Twice deletes nothing more."""
    return Registration.objects.filter(requested_at__lt=before).delete()[0]


def _customer_of(registration: Registration, user: User) -> Customer:
    """The owner of the address is proved, so all orders placed with it are theirs, and so is how they are addressed.
    A customer whom staff gave to another user stays with that one, and the link is refused."""
    customer, _made = Customer.objects.get_or_create(email=registration.email)
    if customer.user_id not in (None, user.pk):
        raise LinkInvalid
    customer.user, customer.name, customer.language = user, registration.name, registration.language
    customer.save(update_fields=["user", "name", "language"])
    return customer


def _replace_password(user: User, password: str, field: str) -> None:
    """Everything that was logged in with the old one ends: tokens here, sessions by Django."""
    _set_password(user, password, field)
    AuthToken.objects.filter(user=user).delete()
    emit(PasswordChanged(user_id=user.pk))


def _set_password(user: User, password: str, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors = [{"field": field, "code": one.code, "detail": " ".join(one.messages)} for one in error.error_list]
        raise InvalidInput(errors) from error
    user.set_password(password)
    user.save()
