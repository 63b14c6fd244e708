"""The one door to the payment provider, which is never called inside a database transaction."""

from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from djmoney.money import Money

from shop.errors import CaptureRefused, CardDeclined, OutsideInsideTransaction, PaymentUnavailable, RefundRefused
from shop.payments.entries import (
    Kind,
    Outcome,
    enter,
    enter_captured,
    enter_charge,
    enter_released,
    enter_unless_known,
)
from shop.payments.models import Payment
from shop.payments.provider import Card, Charge, PaymentProvider


def captures_at_checkout() -> bool:
    """Whether cards are charged at the checkout, and not only when the order is about to be shipped."""
    return bool(settings.PAYMENT_CAPTURE == "checkout")


def charge(amount: Money, card: Card, idempotency_key: str, *, capture: bool = True) -> Charge:
    """Take money once, or without `capture` have it reserved.

    Raises CardDeclined, ChargeKeyClosed, PaymentUnavailable, OutsideInsideTransaction.
    """
    of_card = {"amount": amount, "card_last_four": card.last_four}
    try:
        made = _provider().charge(amount, card, idempotency_key, capture=capture)
    except CardDeclined as error:
        enter(idempotency_key, Kind.CHARGE, Outcome.DECLINED, reason=error.data["reason"], **of_card)
        raise
    except PaymentUnavailable:
        enter_unless_known(idempotency_key, Kind.CHARGE, Outcome.UNKNOWN, **of_card)
        raise
    enter_charge(idempotency_key, made, **of_card)
    return made


def capture(charge_id: str, idempotency_key: str) -> Money:
    """Take what was reserved and not released meanwhile, once; returns what was taken, also when it was taken before.

    Raises CaptureRefused, PaymentUnavailable, OutsideInsideTransaction.
    """
    provider = _provider()
    # Before the provider is asked: a refund that finds the money taken knows then that there was a capture.
    enter_unless_known(idempotency_key, Kind.CAPTURE, Outcome.UNKNOWN, charge_id=charge_id)
    try:
        taken = provider.capture(charge_id, idempotency_key)
    except CaptureRefused:
        enter(idempotency_key, Kind.CAPTURE, Outcome.REFUSED, charge_id=charge_id)
        raise
    enter(idempotency_key, Kind.CAPTURE, Outcome.CAPTURED, charge_id=charge_id, amount=taken)
    enter_captured(charge_id, taken)
    return taken


def refund(charge_id: str, amount: Money, idempotency_key: str) -> str:
    """Give money back once, or release it before it is captured; returns the refund's id.

    Raises RefundRefused, PaymentUnavailable, OutsideInsideTransaction.
    """
    known = {"amount": amount, "charge_id": charge_id}
    try:
        made = _provider().refund(charge_id, amount, idempotency_key)
    except RefundRefused:
        enter(idempotency_key, Kind.REFUND, Outcome.REFUSED, **known)
        raise
    except PaymentUnavailable:
        enter_unless_known(idempotency_key, Kind.REFUND, Outcome.UNKNOWN, **known)
        raise
    if made.captured is None:
        enter(idempotency_key, Kind.REFUND, Outcome.RELEASED, provider_id=made.id, **known)
        enter_released(charge_id)
    else:
        enter(idempotency_key, Kind.REFUND, Outcome.REFUNDED, provider_id=made.id, **known)
        enter_captured(charge_id, made.captured)
    return made.id


def has_refunded(charge_id: str) -> bool:
    """Whether money went back, by the shop's own book; then it had been taken."""
    return Payment.objects.filter(kind=Kind.REFUND, charge_id=charge_id, outcome=Outcome.REFUNDED).exists()


def close_key(idempotency_key: str) -> Charge | None:
    """The charge made with this key, or None and the certainty that there never will be one.

    Raises PaymentUnavailable, OutsideInsideTransaction.
    """
    found = _provider().close_key(idempotency_key)
    if found is None:
        enter_unless_known(idempotency_key, Kind.CHARGE, Outcome.CLOSED)
    else:
        enter_charge(idempotency_key, found, amount=found.amount)
    return found


def _provider() -> PaymentProvider:
    if connection.in_atomic_block:
        raise OutsideInsideTransaction(service="payment")
    return _load(settings.PAYMENT_PROVIDER)


@lru_cache
def _load(path: str) -> PaymentProvider:
    return import_string(path)()
