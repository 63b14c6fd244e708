"""Logging in brings the guest's cart along."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from shop.carts.operations import TOKEN_HEADER, merge


@receiver(user_logged_in)
def bring_cart_along(user: Any, request: HttpRequest | None = None, **_: Any) -> None:
    """A log-in request that shows a cart's token merges that cart into the customer's own."""
    token = request.headers.get(TOKEN_HEADER, "") if request else ""
    if token and (customer := getattr(user, "customer", None)):
        merge(token, customer)
