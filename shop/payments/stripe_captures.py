"""Capturing what Stripe has reserved, and giving back.

Stripe knows no partial release: an intent is captured once, for as much as one says, and the rest is free again. So
what is released before the capture is a row of ours, and the capture takes that much less; until then the bank keeps
the whole amount reserved. When nothing is left, the intent is cancelled at once.

    release: row locked ─ nothing decided? ─▶ release written ─▶ nothing left? cancel the intent
    capture: row locked ─ nothing decided? ─▶ `capture_units` = amount − releases ─▶ capture that much
    refund after that: the capture is completed first, if need be; then an ordinary refund
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Sum
from djmoney.money import Money

from shop.errors import CaptureRefused, RefundRefused
from shop.payments.models import StripeIntent, StripeRelease
from shop.payments.provider import Refund
from shop.payments.stripe_sdk import answered, cancelled, client, minor_units, money, retrieved, sdk


def capture_intent(intent_id: str, key: str) -> Money:
    """Take what is left, once. Raises CaptureRefused, PaymentUnavailable."""
    stripe = sdk()
    try:
        intent = retrieved(intent_id)
        if intent.status == "requires_capture" and (units := _decided_capture(intent)):
            intent = _captured(intent_id, units, key)
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise CaptureRefused(charge_id=intent_id) from error
    if intent.status != "succeeded":
        StripeIntent.objects.filter(intent_id=intent_id).update(capture_units=None)  # all of it can be released again
        raise CaptureRefused(charge_id=intent_id)
    return _taken(intent)


def refund_intent(intent_id: str, amount: Money, key: str) -> Refund:
    """Give back, or release what is only reserved; found again by its key, however long ago it was.

    Raises RefundRefused, PaymentUnavailable.
    """
    stripe = sdk()
    try:
        intent = retrieved(intent_id)
        release = _released(intent, minor_units(amount), key)
        if release is not None:
            _cancel_if_nothing_is_left(intent, release.intent)
            return Refund(str(release), captured=None)
        taken = capture_intent(intent_id, f"{intent_id}:capture")
        with answered():
            known = next((one for one in _refunds(intent_id) if getattr(one.metadata, "key", "") == key), None)
            return Refund(str((known or _new_refund(intent_id, amount, key)).id), captured=taken)
    except (stripe.InvalidRequestError, CaptureRefused) as error:
        raise RefundRefused(charge_id=intent_id) from error


def _captured(intent_id: str, units: int, key: str) -> Any:
    try:
        with answered():
            params = {"amount_to_capture": units}
            return client().v1.payment_intents.capture(intent_id, params, {"idempotency_key": key})
    except (sdk().InvalidRequestError, sdk().CardError):  # captured before, cancelled, or the bank does not pay
        return retrieved(intent_id)


@transaction.atomic
def _decided_capture(intent: Any) -> int:
    """How much is captured, from now on and for good; 0 when everything was released."""
    row = StripeIntent.objects.select_for_update().filter(intent_id=intent.id).first()
    if row is None:
        return int(intent.amount)
    if row.capture_units is None and (left := int(intent.amount) - _released_units(row)):
        row.capture_units = left
        row.save(update_fields=["capture_units"])
    return row.capture_units or 0


@transaction.atomic
def _released(intent: Any, units: int, key: str) -> StripeRelease | None:
    """The release of that key; None where the money was taken, or is about to be. Raises RefundRefused."""
    row = StripeIntent.objects.select_for_update().filter(intent_id=intent.id).first()
    known = StripeRelease.objects.select_related("intent").filter(key=key).first()
    if known or row is None:
        return known
    is_reserved = intent.status == "requires_capture" and row.capture_units is None
    if not is_reserved and intent.status != "canceled":  # by Stripe, when the bank's patience was over
        return None
    if _released_units(row) + units > intent.amount:
        raise RefundRefused(charge_id=intent.id)
    return StripeRelease.objects.create(key=key, intent=row, units=units)


def _cancel_if_nothing_is_left(intent: Any, row: StripeIntent) -> None:
    if intent.status == "requires_capture" and _released_units(row) == intent.amount:
        cancelled(intent.id)


def _released_units(row: StripeIntent) -> int:
    return row.releases.aggregate(Sum("units"))["units__sum"] or 0


def _taken(intent: Any) -> Money:
    """What was captured; all of it where the card was charged at the checkout."""
    units = StripeIntent.objects.filter(intent_id=intent.id).values_list("capture_units", flat=True).first()
    return money(units or intent.amount, intent.currency)


def _refunds(intent_id: str) -> Iterator[Any]:
    return client().v1.refunds.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()


def _new_refund(intent_id: str, amount: Money, key: str) -> Any:
    params = {"payment_intent": intent_id, "amount": minor_units(amount), "metadata": {"key": key}}
    return client().v1.refunds.create(params, {"idempotency_key": key})
