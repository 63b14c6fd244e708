"""Finding users."""

from django.contrib.auth.models import User
from django.db.models import Q


def user_with_address(email: str) -> User | None:
    """The active user who has that address or logs in with it; nobody when two have it."""
    found = list(User.objects.filter(Q(email__iexact=email) | Q(username__iexact=email))[:2])
    return found[0] if len(found) == 1 else None
