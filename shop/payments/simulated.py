"""The client of the simulated payment provider, a service of its own (config/simulated): the card decides what happens.

Its answers are kept by idempotency key over there, so whatever is asked twice is done once. There is no circuit breaker
in front of it: whether a card was charged must be asked for even when the last five questions went unanswered.
"""

import atexit
import json
import os
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from djmoney.money import Money

from shop.errors import (
    CaptureRefused,
    CardDeclined,
    ChargeKeyClosed,
    PaymentNotConfigured,
    PaymentUnavailable,
    RefundRefused,
)
from shop.payments.provider import Card, Charge, Refund

CONNECT_SECONDS = 2.0
MOST_CONNECTIONS = 100


class SimulatedProvider:
    """Keeps connections open and shares them among threads."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Take or reserve money as the card number says."""
        body = {**_money(amount), "card": {"number": card.number}, "capture": capture}
        status, answer = _ask("/charges", body, idempotency_key)
        if status == 402:
            raise CardDeclined(reason=answer.get("reason", ""))
        if status == 409:
            raise ChargeKeyClosed
        return _charge(_accepted(status, answer))

    def capture(self, charge_id: str, idempotency_key: str) -> Money:
        """Take what is left of it."""
        status, answer = _ask(f"/charges/{quote(charge_id, safe='')}/capture", {}, idempotency_key)
        if status in (400, 404, 409):
            raise CaptureRefused(charge_id=charge_id)
        return _captured(_accepted(status, answer))

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """Give back, never more than was charged."""
        status, answer = _ask("/refunds", {"charge_id": charge_id, **_money(amount)}, idempotency_key)
        if status in (400, 409):
            raise RefundRefused(charge_id=charge_id)
        made = _accepted(status, answer)
        return Refund(str(made["id"]), None if made["status"] == "released" else _captured(made))

    def close_key(self, idempotency_key: str) -> Charge | None:
        """Find the charge, or make sure there never is one."""
        status, answer = _ask(f"/keys/{quote(idempotency_key, safe='')}/close", {}, idempotency_key)
        found = _accepted(status, answer)["charge"]
        return _charge(found) if found else None


def _money(amount: Money) -> dict[str, str]:
    return {"amount": str(amount.amount), "currency": str(amount.currency)}


def _charge(answer: dict[str, Any]) -> Charge:
    amount = Money(Decimal(answer["amount"]), answer["currency"])
    return Charge(id=answer["id"], amount=amount, is_captured=bool(answer["captured"]))


def _captured(answer: dict[str, Any]) -> Money:
    return Money(Decimal(answer["captured"]), answer["currency"])


def _accepted(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    """Whoever says something else than agreed has not said anything."""
    if status not in (200, 201):
        raise PaymentUnavailable(why="")
    return answer


def _ask(path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of the answer. Raises PaymentUnavailable, PaymentNotConfigured."""
    if not settings.SIMULATED_URL:
        raise PaymentNotConfigured(missing="SIMULATED_URL is not set; `make run` sets it.")
    url = f"{settings.SIMULATED_URL}/payments{path}"
    try:
        response = _client(os.getpid(), settings.PAYMENT_TIMEOUT_SECONDS).post(
            url, content=json.dumps(body), headers={"Content-Type": "application/json", "Idempotency-Key": key}
        )
        return response.status_code, dict(response.json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise PaymentUnavailable(why="") from error


@lru_cache(maxsize=4)
def _client(_process: int, timeout_seconds: float) -> httpx.Client:
    """One for each process: a forked one must not speak on its parent's connections."""
    client = httpx.Client(
        timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
        headers={"User-Agent": "Backroom"},
        trust_env=False,  # the settings say where it is, and no proxy is on the way
    )
    atexit.register(client.close)
    return client
