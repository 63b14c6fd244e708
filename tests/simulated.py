"""The simulated services of this test run, from the other side: their books, knobs and webhooks."""

from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings

_http = httpx.Client(timeout=30, trust_env=False)


def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The JSON of an answer that must be a good one."""
    response = _http.request(method, settings.SIMULATED_URL + path, json=body, headers=headers)
    assert response.status_code < 300, response.text
    return response.json()


def forget() -> None:
    """Have all services begin anew."""
    ask("DELETE", "/state")


def turn(service: str, **knobs: Any) -> None:
    """Set latency and failures of a service, or of "general"."""
    ask("PUT", "/settings", {service: knobs})


def calls(service: str) -> list[dict[str, Any]]:
    """The last calls of a service, the oldest first."""
    return [call for call in reversed(ask("GET", "/calls")["calls"]) if call["service"] == service]


def thinking(service: str) -> int:
    """How many calls of a service have come in and are not answered yet."""
    return int(ask("GET", "/calls")["thinking"].get(service, 0))


def callbacks() -> list[dict[str, Any]]:
    """The webhooks that the services have for the shop, the oldest first."""
    return list(reversed(ask("GET", "/callbacks")["callbacks"]))


def charges(outcome: str = "charged") -> list[dict[str, Any]]:
    """What the payment provider has charged (or declined, or closed), the newest first."""
    return [one for one in ask("GET", "/payments/charges")["charges"] if one["outcome"] == outcome]


def refunds() -> list[dict[str, Any]]:
    """What the payment provider has given back, the newest first."""
    return list(ask("GET", "/payments/refunds")["refunds"])


def refunded() -> Decimal:
    """The sum of it."""
    return sum((Decimal(one["amount"]) for one in refunds()), Decimal(0))


def limit_refunds(amount: str) -> None:
    """Have the provider give back at most so much of any charge."""
    for one in charges():
        ask("POST", f"/payments/charges/{one['id']}/limit", {"amount": amount})
