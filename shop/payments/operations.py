"""The one door to the payment provider, which is never called inside a database transaction."""

from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from djmoney.money import Money

from shop.errors import CardDeclined, OutsideInsideTransaction, PaymentUnavailable, RefundRefused
from shop.payments.entries import Kind, Outcome, enter, enter_unless_known
from shop.payments.provider import Card, Charge, PaymentProvider


def charge(amount: Money, card: Card, idempotency_key: str) -> Charge:
    """Take money once. Raises CardDeclined, ChargeKeyClosed, PaymentUnavailable, OutsideInsideTransaction."""
    of_card = {"amount": amount, "card_last_four": card.last_four}
    try:
        made = _provider().charge(amount, card, idempotency_key)
    except CardDeclined as error:
        enter(idempotency_key, Kind.CHARGE, Outcome.DECLINED, reason=error.data["reason"], **of_card)
        raise
    except PaymentUnavailable:
        enter_unless_known(idempotency_key, Kind.CHARGE, Outcome.UNKNOWN, **of_card)
        raise
    enter(idempotency_key, Kind.CHARGE, Outcome.CHARGED, provider_id=made.id, **of_card)
    return made


def refund(charge_id: str, amount: Money, idempotency_key: str) -> str:
    """Give money back once; returns the refund's id.

    Raises RefundRefused, PaymentUnavailable, OutsideInsideTransaction.
    """
    try:
        refund_id = _provider().refund(charge_id, amount, idempotency_key)
    except RefundRefused:
        enter(idempotency_key, Kind.REFUND, Outcome.REFUSED, amount=amount)
        raise
    except PaymentUnavailable:
        enter_unless_known(idempotency_key, Kind.REFUND, Outcome.UNKNOWN, amount=amount)
        raise
    enter(idempotency_key, Kind.REFUND, Outcome.REFUNDED, amount=amount, provider_id=refund_id)
    return refund_id


def close_key(idempotency_key: str) -> Charge | None:
    """The charge made with this key, or None and the certainty that there never will be one.

    Raises PaymentUnavailable, OutsideInsideTransaction.
    """
    found = _provider().close_key(idempotency_key)
    if found is None:
        enter_unless_known(idempotency_key, Kind.CHARGE, Outcome.CLOSED)
    else:
        enter(idempotency_key, Kind.CHARGE, Outcome.CHARGED, amount=found.amount, provider_id=found.id)
    return found


def _provider() -> PaymentProvider:
    if connection.in_atomic_block:
        raise OutsideInsideTransaction(service="payment")
    return _load(settings.PAYMENT_PROVIDER)


@lru_cache
def _load(path: str) -> PaymentProvider:
    return import_string(path)()
