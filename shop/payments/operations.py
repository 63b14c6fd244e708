"""The one door to the payment provider, which is never called inside a database transaction."""

from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from djmoney.money import Money

from shop.errors import PaymentInsideTransaction
from shop.payments.provider import Card, Charge, PaymentProvider


def charge(amount: Money, card: Card, idempotency_key: str) -> Charge:
    """Take money once. Raises CardDeclined, ChargeKeyClosed, PaymentUnavailable, PaymentInsideTransaction."""
    return _provider().charge(amount, card, idempotency_key)


def refund(charge_id: str, amount: Money, idempotency_key: str) -> str:
    """Give money back once; returns the refund's id.

    Raises RefundRefused, PaymentUnavailable, PaymentInsideTransaction.
    """
    return _provider().refund(charge_id, amount, idempotency_key)


def close_key(idempotency_key: str) -> Charge | None:
    """The charge made with this key, or None and the certainty that there never will be one.

    Raises PaymentUnavailable, PaymentInsideTransaction.
    """
    return _provider().close_key(idempotency_key)


def _provider() -> PaymentProvider:
    if connection.in_atomic_block:
        raise PaymentInsideTransaction
    return _load(settings.PAYMENT_PROVIDER)


@lru_cache
def _load(path: str) -> PaymentProvider:
    return import_string(path)()
