"""The signed links of mails. Nothing about them is stored, so the log and the mails of others give none away."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.urls import reverse

from shop.accounts.models import Registration
from shop.errors import LinkInvalid

_CONFIRM = "accounts.confirm"


def confirmation_link(registration: Registration) -> str:
    """Where the owner of the address chooses a password; good for ACCOUNT_LINK_HOURS."""
    token = signing.dumps({"id": registration.pk, "email": registration.email}, salt=_CONFIRM)
    return _address("account-confirm", token)


def registration_of(token: str) -> int:
    """The registration that a confirmation link is about. Raises LinkInvalid."""
    try:
        values = signing.loads(token, salt=_CONFIRM, max_age=timedelta(hours=settings.ACCOUNT_LINK_HOURS))
    except signing.BadSignature as error:
        raise LinkInvalid from error
    if not Registration.objects.filter(pk=values["id"], email=values["email"]).exists():
        raise LinkInvalid
    return int(values["id"])


def reset_link(user: User) -> str:
    """Where the user chooses a new password; good until it is used, or for ACCOUNT_LINK_HOURS."""
    return _address("account-reset", f"{user.pk}:{default_token_generator.make_token(user)}")


def user_of(token: str) -> User:
    """The user whom a reset link is for, held until the transaction ends. Raises LinkInvalid."""
    number, _colon, secret = token.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise LinkInvalid
    user = User.objects.select_for_update().filter(pk=int(number), is_active=True).first()
    if user is None or not default_token_generator.check_token(user, secret):
        raise LinkInvalid
    return user


def _address(page: str, token: str) -> str:
    return settings.SITE_ADDRESS.rstrip("/") + reverse(page, args=[token])
