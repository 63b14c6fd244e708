"""The webhooks that the services send to the shop: kept until delivered, tried again with growing pauses."""

import hashlib
import hmac
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from config.simulated.service import Service
from config.simulated.state import State

LONGEST_PAUSE_SECONDS = 300
MOST_ATTEMPTS = 50
TIMEOUT_SECONDS = 5


def hmac_of(secret: str, text: str) -> str:
    """HMAC-SHA256, in hexadecimal digits."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Callbacks(threading.Thread):
    """Delivers what is due, one after the other."""

    def __init__(
        self, state: State, services: Mapping[str, Service], secrets: Mapping[str, str], shop_url: Callable[[], str]
    ) -> None:
        super().__init__(name="callbacks", daemon=True)
        self._state, self._services, self._secrets, self._shop_url = state, services, secrets, shop_url
        self._wake = threading.Event()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def look(self) -> None:
        """Something may be due."""
        self._wake.set()

    def run(self) -> None:
        """For as long as the process lives."""
        while True:
            self._wake.clear()
            while due := self._next_due():
                self._settle(due, self._send(due))
            self._wake.wait(0.5)

    def listed(self) -> list[dict[str, Any]]:
        """The newest first."""
        with self._state.transaction() as db:
            return [dict(row) for row in db.execute("SELECT * FROM callback ORDER BY id DESC LIMIT 100")]

    def _next_due(self) -> sqlite3.Row | None:
        query = "SELECT * FROM callback WHERE delivered_at IS NULL AND due_at <= ? AND attempts < ? ORDER BY id LIMIT 1"
        with self._state.transaction() as db:
            row: sqlite3.Row | None = db.execute(query, (time.time(), MOST_ATTEMPTS)).fetchone()
            return row

    def _send(self, row: sqlite3.Row) -> str:
        """What the shop said: an HTTP status, or why there is none."""
        service = self._services[row["service"]]
        signature = service.sign(self._secrets[row["service"]], row["body"]) if service.sign else {}
        request = urllib.request.Request(
            self._shop_url().rstrip("/") + row["path"],
            data=row["body"].encode(),
            headers={"Content-Type": "application/json", **signature},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return str(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return str(error.code)
        except (OSError, ValueError) as error:
            return str(error)[:200]

    def _settle(self, row: sqlite3.Row, said: str) -> None:
        delivered = time.time() if said.startswith("2") else None
        pause = min(2.0 ** row["attempts"], LONGEST_PAUSE_SECONDS)
        with self._state.transaction() as db:
            db.execute(
                "UPDATE callback SET attempts = attempts + 1, delivered_at = ?, due_at = ?, note = ? WHERE id = ?",
                (delivered, time.time() + pause, said, row["id"]),
            )
