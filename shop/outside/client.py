"""Calling another system over HTTP: bounded in time and size, with an idempotency key, behind a circuit breaker."""

import atexit
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from time import monotonic
from typing import Any

import httpx
from django.conf import settings
from django.db import connection

from shop.errors import OutsideInsideTransaction, OutsideRefused, OutsideResting, OutsideUnavailable
from shop.outside.circuit import guarded
from shop.outside.signing import SIGNATURE_HEADER, signature

ANSWER_LIMIT_BYTES = 256 * 1024
LONGEST_WAIT_SECONDS = 3600.0
#: What a service says that may say something else the next time.
_COME_BACK = frozenset({408, 425})
_MAY_ASK_TO_WAIT = frozenset({409, 429, 503})
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Another system: its name, and the settings that have its address and the secret shared with it, if any. An empty
    address or secret means that the shop works without it."""

    name: str
    url_setting: str
    secret_setting: str = ""

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return str(getattr(settings, self.url_setting)).rstrip("/")

    @property
    def secret(self) -> str:
        """What signs calls to it, and its own calls; empty where nothing is signed."""
        return str(getattr(settings, self.secret_setting)) if self.secret_setting else ""

    @property
    def lacks_secret(self) -> bool:
        """Whether it has an address, but not the secret that it needs."""
        return bool(self.url and self.secret_setting and not self.secret)

    @property
    def is_connected(self) -> bool:
        """Whether the shop works with such a service at all."""
        return bool(self.url) and not self.lacks_secret

    def call(self, method: str, path: str, document: Document | None = None, *, key: str) -> dict[str, Any]:
        """Send a JSON document under an idempotency key, signed if there is a secret; returns the JSON of the answer.

        Raises OutsideUnavailable (ask again with the same key), OutsideResting (the same, but after a while),
        OutsideRefused (never ask again) and OutsideInsideTransaction.
        """
        if connection.in_atomic_block:
            raise OutsideInsideTransaction(service=self.name)
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        headers = {"Idempotency-Key": key} | ({"Content-Type": "application/json"} if body else {})
        if self.secret:
            headers[SIGNATURE_HEADER] = signature(body, self.secret)
        url = f"{self.url}{path}"
        return guarded(self.name, self.url, lambda: self._ask(method, url, body, headers))

    def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        try:
            with _client().stream(method, url, content=body, headers=headers) as response:
                content = self._read(response)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise OutsideUnavailable(service=self.name, why=str(error) or type(error).__name__) from error
        self._refuse_failure(response, content)
        return self._document(content)

    def _read(self, response: httpx.Response) -> bytes:
        """As it came: an answer that was packed small could unpack to anything."""
        content, give_up_at = b"", monotonic() + settings.OUTSIDE_TIMEOUT_SECONDS
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > ANSWER_LIMIT_BYTES:
                raise OutsideUnavailable(service=self.name, why=f"its answer is over {ANSWER_LIMIT_BYTES} bytes")
            if monotonic() > give_up_at:
                raise OutsideUnavailable(service=self.name, why="its answer took too long")
        return content

    def _refuse_failure(self, response: httpx.Response, content: bytes) -> None:
        status = response.status_code
        if status == 429 or (status in _MAY_ASK_TO_WAIT and "Retry-After" in response.headers):
            raise OutsideResting(service=self.name, seconds=_wait_seconds(response.headers.get("Retry-After", "")))
        if status >= 500 or status in _COME_BACK:
            raise OutsideUnavailable(service=self.name, why=f"it answered {status}")
        if status >= 300:
            reason = content[:300].decode(errors="replace").replace("\0", "")
            raise OutsideRefused(service=self.name, status=status, reason=reason)

    def _document(self, content: bytes) -> dict[str, Any]:
        try:
            document = json.loads(content or b"{}")
        except (ValueError, RecursionError) as error:
            raise OutsideUnavailable(service=self.name, why="its answer is not JSON") from error
        if not isinstance(document, dict):
            raise OutsideUnavailable(service=self.name, why="its answer is not a JSON object")
        return document


def _wait_seconds(text: str) -> float:
    """Of a Retry-After, in seconds or as a date; the usual rest for one that cannot be read."""
    try:
        seconds = float(text) if text.strip().isdigit() else _until(text)
    except (ValueError, TypeError):
        seconds = settings.OUTSIDE_REST_SECONDS
    return min(max(seconds, 1.0), LONGEST_WAIT_SECONDS)


def _until(text: str) -> float:
    moment = parsedate_to_datetime(text)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _client() -> httpx.Client:
    """One for this process, so that connections are kept; a forked process must not use its parent's."""
    return _client_of(os.getpid(), settings.OUTSIDE_CONNECT_SECONDS, settings.OUTSIDE_TIMEOUT_SECONDS)


@lru_cache(maxsize=4)
def _client_of(_process: int, connect_seconds: float, timeout_seconds: float) -> httpx.Client:
    client = httpx.Client(
        timeout=httpx.Timeout(timeout_seconds, connect=connect_seconds),
        headers={"User-Agent": "Backroom", "Accept": "application/json", "Accept-Encoding": "identity"},
        trust_env=False,  # proxies and the like are for config to say
    )
    atexit.register(client.close)
    return client
