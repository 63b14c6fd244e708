"""Stripe's official SDK, as this shop uses it: what its answers and errors mean, amounts, and one client a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from djmoney.money import Money

from shop.errors import PaymentNotConfigured, PaymentUnavailable

#: Currencies whose smallest unit is the unit itself, from Stripe's documentation.
WITHOUT_CENTS = {
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip


def retrieved(intent_id: str) -> Any:
    """The intent as Stripe has it. Raises PaymentUnavailable, and InvalidRequestError for one that is not there."""
    with answered():
        return client().v1.payment_intents.retrieve(intent_id)


def cancelled(intent_id: str) -> Any:
    """The intent after an attempt to cancel it, which Stripe refuses when its money was taken."""
    try:
        with answered():
            return client().v1.payment_intents.cancel(intent_id)
    except sdk().InvalidRequestError:
        return retrieved(intent_id)


def minor_units(amount: Money) -> int:
    """In the currency's smallest unit."""
    return int(amount.amount * _units(str(amount.currency)))


def money(units: int, currency: str) -> Money:
    """From the currency's smallest unit."""
    return Money(Decimal(units) / _units(currency.upper()), currency.upper())


@contextmanager
def answered() -> Iterator[None]:
    """What leaves open whether something was done is PaymentUnavailable; cards and wrong requests go on."""
    stripe = sdk()
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise PaymentNotConfigured(missing=f"Stripe does not accept STRIPE_API_KEY ({error.user_message})") from error
    except stripe.StripeError as error:
        raise PaymentUnavailable(why="") from error


def sdk() -> Any:
    """Raises PaymentNotConfigured without the package."""
    try:
        import stripe
    except ImportError as error:
        raise PaymentNotConfigured(missing="install the extra: pip install 'backroom[stripe]'") from error
    return stripe


def client() -> Any:
    """Raises PaymentNotConfigured without a key."""
    if not settings.STRIPE_API_KEY:
        raise PaymentNotConfigured(missing="STRIPE_API_KEY is not set.")
    return _client_of(os.getpid(), settings.STRIPE_API_KEY, settings.STRIPE_API_URL, settings.PAYMENT_TIMEOUT_SECONDS)


def _units(currency: str) -> int:
    return 1 if currency in WITHOUT_CENTS else 100


@lru_cache(maxsize=4)
def _client_of(_process: int, api_key: str, url: str, timeout_seconds: float) -> Any:
    stripe = sdk()
    transport = stripe.RequestsClient(timeout=timeout_seconds)
    return stripe.StripeClient(api_key, base_addresses={"api": url}, http_client=transport)
