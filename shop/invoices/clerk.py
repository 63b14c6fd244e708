"""The clerk: the account that plays invoices, with just the permissions it needs and a token for one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission, User
from knox.models import AuthToken

from shop.invoices.errors import AccountTaken

USERNAME = "invoices-replay"
PERMISSIONS = ("agree_prices", "cancel_order", "view_order")
LONGEST_RUN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who acts in the events of a run, and with which token."""

    actor: str
    token: str


@contextmanager
def clerk() -> Iterator[Clerk]:
    """The account, without a password; with the block its token ends and it is switched off. Raises AccountTaken."""
    user = User.objects.filter(username=USERNAME).first() or User(username=USERNAME, password=make_password(None))
    if user.has_usable_password():
        raise AccountTaken(username=USERNAME)
    user.is_staff = user.is_active = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="orders", codename__in=PERMISSIONS))
    entry, token = AuthToken.objects.create(user, expiry=LONGEST_RUN)
    try:
        yield Clerk(f"user:{user.pk}", token)
    finally:
        entry.delete()
        user.is_active = False
        user.save(update_fields=["is_active"])
