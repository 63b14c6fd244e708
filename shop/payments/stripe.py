"""Stripe, with its official SDK: install the extra `backroom[stripe]`, set STRIPE_API_KEY and PAYMENT_PROVIDER.

A charge is two calls with one row of ours between them, and the row is what makes the promises independent of Stripe's
own idempotency keys, which it forgets after a day, and of its search, which is late by up to a minute:

    create an intent ─▶ row: this key is this intent ─▶ confirm it ─▶ succeeded, or declined (kept in the row)
                        close_key: no row? an empty one, and nothing will ever be confirmed under this key.
                                   a row? cancel its intent; Stripe says no if it has succeeded.

A card number never goes to Stripe, which would refuse it: `Card.number` is the id of a PaymentMethod, `pm_…`, that
Stripe's own form made in the browser; in test mode the well-known test numbers stand for Stripe's own test methods.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from djmoney.money import Money

from shop.errors import CardDeclined, ChargeKeyClosed, PaymentNotConfigured, PaymentUnavailable, RefundRefused
from shop.payments.models import StripeIntent
from shop.payments.provider import Card, Charge

TEST_METHODS = {
    "4242424242424242": "pm_card_visa",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000000000009995": "pm_card_chargeDeclinedInsufficientFunds",
    "4000000000000069": "pm_card_chargeDeclinedExpiredCard",
    "4000000000000259": "pm_card_createDispute",
    "4000000000005126": "pm_card_refundFail",
    "4000000000007726": "pm_card_pendingRefund",
}
REASONS = {"insufficient_funds": "insufficient-funds", "expired_card": "expired-card"}
#: Currencies whose smallest unit is the unit itself, from Stripe's documentation.
WITHOUT_CENTS = {
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip


class StripeProvider:
    """One PaymentIntent for each idempotency key."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Take money; a bank that wants to see the customer first counts as declined."""
        row = StripeIntent.objects.filter(key=idempotency_key).first() or _begin(amount, card, idempotency_key)
        if row.declined_for:
            raise CardDeclined(reason=row.declined_for)
        if not row.intent_id:
            raise ChargeKeyClosed
        return _confirm(row)

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """Give back. What was refunded under this key, however long ago, is found among the charge's refunds."""
        stripe = _sdk()
        try:
            with _answered(stripe):
                made = _refunds(charge_id)
                known = next((one for one in made if getattr(one.metadata, "key", "") == idempotency_key), None)
                return str((known or _new_refund(charge_id, amount, idempotency_key)).id)
        except stripe.InvalidRequestError as error:
            raise RefundRefused(charge_id=charge_id) from error

    def close_key(self, idempotency_key: str) -> Charge | None:
        """Find the charge, or make sure there never is one."""
        row, _is_new = StripeIntent.objects.get_or_create(key=idempotency_key)
        if row.declined_for or not row.intent_id:
            return None
        return _charge_of(_cancelled(row.intent_id))


def _begin(amount: Money, card: Card, key: str) -> StripeIntent:
    """An intent that is not confirmed takes no money; the row decides whose intent counts."""
    method = TEST_METHODS.get(card.number, card.number)
    params = {
        "amount": _minor_units(amount),
        "currency": str(amount.currency).lower(),
        "payment_method": method,
        "payment_method_types": ["card"],
        "metadata": {"key": key},
    }
    if not method.startswith("pm_"):
        raise CardDeclined(reason="not-a-test-card")
    stripe = _sdk()
    try:
        with _answered(stripe):
            intent = _client().v1.payment_intents.create(params, {"idempotency_key": key})
    except stripe.InvalidRequestError as error:  # no such PaymentMethod
        raise CardDeclined(reason="declined") from error
    return StripeIntent.objects.get_or_create(key=key, defaults={"intent_id": intent.id})[0]


def _confirm(row: StripeIntent) -> Charge:
    stripe = _sdk()
    try:
        with _answered(stripe):
            intent = _client().v1.payment_intents.confirm(
                row.intent_id, options={"idempotency_key": f"{row.key}:confirm"}
            )
    except stripe.CardError as error:
        raise _declined(row, REASONS.get(_decline_code(error), "declined")) from error
    except stripe.InvalidRequestError:  # confirmed or cancelled before
        intent = _retrieved(row.intent_id)
    if intent.status == "requires_action":
        intent = _cancelled(row.intent_id)
        if intent.status == "canceled":
            raise _declined(row, "authentication-required")
    if intent.status == "canceled":
        raise ChargeKeyClosed
    if charge := _charge_of(intent):
        return charge
    raise _declined(row, "declined")


def _declined(row: StripeIntent, reason: str) -> CardDeclined:
    StripeIntent.objects.filter(pk=row.pk).update(declined_for=reason)
    return CardDeclined(reason=reason)


def _decline_code(error: Any) -> str:
    return str((error.error and error.error.decline_code) or error.code or "")


def _cancelled(intent_id: str) -> Any:
    """The intent after an attempt to cancel it, which Stripe refuses when it has succeeded."""
    stripe = _sdk()
    try:
        with _answered(stripe):
            return _client().v1.payment_intents.cancel(intent_id)
    except stripe.InvalidRequestError:
        return _retrieved(intent_id)


def _retrieved(intent_id: str) -> Any:
    with _answered(_sdk()):
        return _client().v1.payment_intents.retrieve(intent_id)


def _charge_of(intent: Any) -> Charge | None:
    """Raises PaymentUnavailable while Stripe itself does not know."""
    if intent.status == "processing":
        raise PaymentUnavailable(why="")
    if intent.status != "succeeded":
        return None
    currency = intent.currency.upper()
    return Charge(id=intent.id, amount=Money(Decimal(intent.amount) / _units(currency), currency))


def _refunds(charge_id: str) -> Iterator[Any]:
    return _client().v1.refunds.list({"payment_intent": charge_id, "limit": 100}).auto_paging_iter()


def _new_refund(charge_id: str, amount: Money, key: str) -> Any:
    params = {"payment_intent": charge_id, "amount": _minor_units(amount), "metadata": {"key": key}}
    return _client().v1.refunds.create(params, {"idempotency_key": key})


def _minor_units(amount: Money) -> int:
    return int(amount.amount * _units(str(amount.currency)))


def _units(currency: str) -> int:
    return 1 if currency in WITHOUT_CENTS else 100


@contextmanager
def _answered(stripe: Any) -> Iterator[None]:
    """What leaves open whether something was done is PaymentUnavailable; cards and wrong requests go on."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise PaymentNotConfigured(missing=f"Stripe does not accept STRIPE_API_KEY ({error.user_message})") from error
    except stripe.StripeError as error:
        raise PaymentUnavailable(why="") from error


def _sdk() -> Any:
    """Raises PaymentNotConfigured without the package."""
    try:
        import stripe
    except ImportError as error:
        raise PaymentNotConfigured(missing="install the extra: pip install 'backroom[stripe]'") from error
    return stripe


def _client() -> Any:
    if not settings.STRIPE_API_KEY:
        raise PaymentNotConfigured(missing="STRIPE_API_KEY is not set.")
    return _client_of(os.getpid(), settings.STRIPE_API_KEY, settings.STRIPE_API_URL, settings.PAYMENT_TIMEOUT_SECONDS)


@lru_cache(maxsize=4)
def _client_of(_process: int, api_key: str, url: str, timeout_seconds: float) -> Any:
    stripe = _sdk()
    transport = stripe.RequestsClient(timeout=timeout_seconds)
    return stripe.StripeClient(api_key, base_addresses={"api": url}, http_client=transport)
