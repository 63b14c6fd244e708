"""The till: the shop's counter, over HTTP."""

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from shop.invoices.errors import ServerAway, ServerElsewhere

logging.getLogger("httpx").setLevel(logging.WARNING)  # else it logs every request, all over the progress bar

TIMEOUT_SECONDS = 30
#: Below the two seconds after which gunicorn closes a connection that is idle: never write into a closing one.
KEEPALIVE_SECONDS = 1
CONNECT_PATIENCE_SECONDS = 15
RECONNECT_SECONDS = 0.2


class Verdict(Enum):
    """How a request ended. What is unknown must not be sent again: it may have been done."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, after how many seconds; `reason` says why not, for counting. Too soon: when to come again."""

    verdict: Verdict
    seconds: float
    body: Mapping[str, Any]
    reason: str = ""
    wait_seconds: int = 0


class Till:
    """One client with one connection that stays open, with a token of staff or without."""

    def __init__(self, url: str, token: str = "") -> None:
        self.waited_seconds = 0  # in all, because the shop said so
        self._variants: dict[str, list[str]] = {}
        self._url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Token {token}"} if token else {},
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_SECONDS),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def check_shop(self) -> None:
        """Raises ServerAway, or ServerElsewhere when no shop answers."""
        self._get("/api/products/", page_size=1)

    def check_token(self) -> None:
        """Raises ServerAway, or ServerElsewhere when the server does not know our token."""
        self._get("/api/orders/", page_size=1)

    def products(self) -> list[dict[str, Any]]:
        """Everything for sale, page by page. Raises ServerAway, ServerElsewhere."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next": True}
        while page["next"]:
            page = self._get("/api/products/", page_size=100, page=len(found) // 100 + 1)
            found += page["results"]
        return found

    def variants(self, sku: str) -> list[str]:
        """The SKUs of a product's variants that were in stock when first asked for.

        Raises ServerAway, ServerElsewhere.
        """
        if sku not in self._variants:
            found = self._get(f"/api/products/{quote(sku)}/", "variants")["variants"]
            self._variants[sku] = [one["sku"] for one in found if one["available"]]
        return self._variants[sku]

    def check_out(self, document: Mapping[str, Any]) -> Answer:
        """Buy; however often it has to be sent, once."""
        return self._post("/api/checkout/", document, {"Idempotency-Key": str(uuid.uuid4())})

    def cancel(self, number: str, quantities: Mapping[int, int], reason: str) -> Answer:
        """Give back pieces by line position."""
        lines = [{"position": position, "quantity": quantity} for position, quantity in sorted(quantities.items())]
        return self._post(f"/api/orders/{number}/cancel/", {"lines": lines, "reason": reason})

    def _get(self, path: str, expected: str = "results", **query: int) -> dict[str, Any]:
        try:
            response = self._http.get(path, params=query)
            document = response.json() if response.status_code == HTTPStatus.OK else None
        except httpx.HTTPError as error:
            raise ServerAway(url=self._url, why=_plain(error)) from error
        except ValueError:
            document = None
        if not isinstance(document, dict) or expected not in document:
            raise ServerElsewhere(url=self._url, status=response.status_code)
        return document

    def _post(self, path: str, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
        """Tried again alone when nothing was sent, for no connection could be made, and when the shop says later."""
        deadline = time.monotonic() + CONNECT_PATIENCE_SECONDS
        answer = self._post_once(path, document, headers or {})
        while answer.wait_seconds or (answer.verdict is Verdict.NOT_SENT and time.monotonic() < deadline):
            time.sleep(answer.wait_seconds or RECONNECT_SECONDS)
            self.waited_seconds += answer.wait_seconds
            answer = self._post_once(path, document, headers or {})
        return answer

    def _post_once(self, path: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        started = time.perf_counter()
        try:
            response = self._http.post(path, json=document, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Answer(Verdict.NOT_SENT, time.perf_counter() - started, {}, f"no connection: {_plain(error)}")
        except httpx.HTTPError as error:
            return Answer(Verdict.UNKNOWN, time.perf_counter() - started, {}, f"no answer: {_plain(error)}")
        return _answer(response, time.perf_counter() - started)


def _answer(response: httpx.Response, seconds: float) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Answer(Verdict.UNKNOWN, seconds, {}, f"{response.status_code} without a document")
    if response.is_success:
        return Answer(Verdict.ACCEPTED, seconds, body)
    verdict = Verdict.REFUSED if response.is_client_error else Verdict.UNKNOWN
    is_too_soon = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    wait_seconds = int(response.headers.get("Retry-After", 1)) if is_too_soon else 0
    return Answer(verdict, seconds, body, _reason(response.status_code, body), wait_seconds)


def _reason(status: int, body: Mapping[str, Any]) -> str:
    """`409 not-enough-stock`, and for fields their codes."""
    errors: Sequence[Mapping[str, Any]] = body.get("errors") or []
    kind = str(body.get("type", "")).rpartition(":")[2]
    codes = sorted({str(error.get("code")) for error in errors} - {kind})
    return " ".join([str(status), kind, *codes]).strip()


def _plain(error: Exception) -> str:
    return str(error) or type(error).__name__
