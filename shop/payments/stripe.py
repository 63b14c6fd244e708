"""Stripe, with its official SDK: install the extra `backroom[stripe]`, set STRIPE_API_KEY and PAYMENT_PROVIDER.

A charge is two calls with one row of ours between them, and the row is what makes the promises independent of Stripe's
own idempotency keys, which it forgets after a day, and of its search, which is late by up to a minute:

    create an intent ─▶ row: this key is this intent ─▶ confirm it ─▶ the row stands, or declined (kept in the row)
                        close_key: no row? an empty one, and nothing will ever be confirmed under this key.
                                   a row? it stands if there is money; else it is closed, and its intent cancelled.

Of confirming and closing at once, whoever decides the row first wins: Stripe itself would let an intent be cancelled
whose money is only reserved. What was taken stands whatever the row says: Stripe refuses to cancel it.
How money is captured and given back is in stripe_captures.py.

A card number never goes to Stripe, which would refuse it: `Card.number` is the id of a PaymentMethod, `pm_…`, that
Stripe's own form made in the browser; in test mode the well-known test numbers stand for Stripe's own test methods.
"""

from typing import Any

from djmoney.money import Money

from shop.errors import CardDeclined, ChargeKeyClosed, PaymentUnavailable
from shop.payments.models import StripeIntent
from shop.payments.provider import Card, Charge, Refund
from shop.payments.stripe_captures import capture_intent, refund_intent
from shop.payments.stripe_sdk import answered, cancelled, client, minor_units, money, retrieved, sdk

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
Decision = StripeIntent.Decision


class StripeProvider:
    """One PaymentIntent for each idempotency key."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Take or reserve money; a bank that wants to see the customer first counts as declined."""
        known = StripeIntent.objects.filter(key=idempotency_key).first()
        row = known or _begin(amount, card, idempotency_key, "automatic" if capture else "manual")
        if row.declined_for:
            raise CardDeclined(reason=row.declined_for)
        if not row.intent_id:
            raise ChargeKeyClosed
        return _confirm(row)

    def capture(self, charge_id: str, idempotency_key: str) -> Money:
        """Take what is left of what was reserved."""
        return capture_intent(charge_id, idempotency_key)

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """Give back, or release."""
        return refund_intent(charge_id, amount, idempotency_key)

    def close_key(self, idempotency_key: str) -> Charge | None:
        """Find the charge, or make sure there never is one."""
        row, _is_new = StripeIntent.objects.get_or_create(key=idempotency_key)
        if row.declined_for or not row.intent_id:
            return None
        intent = retrieved(row.intent_id)
        if row.decision == Decision.STANDS:
            return _charge(intent)
        if charge := _charge_of(intent):
            return _standing(row, charge)
        if _decide(row, Decision.CLOSED) == Decision.STANDS:
            return _charge(intent)
        return _charge_of(cancelled(row.intent_id))


def _begin(amount: Money, card: Card, key: str, capture_method: str) -> StripeIntent:
    """An intent that is not confirmed takes no money; the row decides whose intent counts."""
    method = TEST_METHODS.get(card.number, card.number)
    params = {
        "amount": minor_units(amount),
        "currency": str(amount.currency).lower(),
        "payment_method": method,
        "payment_method_types": ["card"],
        "capture_method": capture_method,
        "metadata": {"key": key},
    }
    if not method.startswith("pm_"):
        raise CardDeclined(reason="not-a-test-card")
    stripe = sdk()
    try:
        with answered():
            intent = client().v1.payment_intents.create(params, {"idempotency_key": key})
    except stripe.InvalidRequestError as error:  # no such PaymentMethod
        raise CardDeclined(reason="declined") from error
    return StripeIntent.objects.get_or_create(key=key, defaults={"intent_id": intent.id})[0]


def _confirm(row: StripeIntent) -> Charge:
    stripe = sdk()
    try:
        with answered():
            options = {"idempotency_key": f"{row.key}:confirm"}
            intent = client().v1.payment_intents.confirm(row.intent_id, options=options)
    except stripe.CardError as error:
        raise _declined(row, REASONS.get(_decline_code(error), "declined")) from error
    except stripe.InvalidRequestError:  # confirmed or cancelled before
        intent = retrieved(row.intent_id)
    if intent.status == "requires_action":
        intent = cancelled(row.intent_id)
        if intent.status == "canceled":
            raise _declined(row, "authentication-required")
    if charge := _charge_of(intent):
        if standing := _standing(row, charge):
            return standing
        raise ChargeKeyClosed
    if intent.status == "canceled":
        raise ChargeKeyClosed
    raise _declined(row, "declined")


def _standing(row: StripeIntent, charge: Charge) -> Charge | None:
    """The charge, unless its key was closed before; then what is only reserved is given up."""
    if _decide(row, Decision.STANDS) == Decision.STANDS:
        return charge
    return _charge_of(cancelled(row.intent_id))


def _decide(row: StripeIntent, wish: StripeIntent.Decision) -> str:
    """What is decided about the key: as wished, or as somebody else did before."""
    StripeIntent.objects.filter(pk=row.pk, decision="").update(decision=wish)
    return StripeIntent.objects.values_list("decision", flat=True).get(pk=row.pk)


def _declined(row: StripeIntent, reason: str) -> CardDeclined:
    StripeIntent.objects.filter(pk=row.pk).update(declined_for=reason)
    return CardDeclined(reason=reason)


def _decline_code(error: Any) -> str:
    return str((error.error and error.error.decline_code) or error.code or "")


def _charge_of(intent: Any) -> Charge | None:
    """Raises PaymentUnavailable while Stripe itself does not know."""
    if intent.status == "processing":
        raise PaymentUnavailable(why="")
    return _charge(intent) if intent.status in ("succeeded", "requires_capture") else None


def _charge(intent: Any) -> Charge:
    return Charge(intent.id, money(intent.amount, intent.currency), is_captured=intent.status == "succeeded")
