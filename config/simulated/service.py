"""What a simulated service is made of: routes, calls and answers."""

import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Request:
    """What came in over HTTP; `path` begins behind the service's name, header names are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """The caller's idempotency key, or nothing."""
        return self.header("Idempotency-Key")

    def header(self, name: str) -> str:
        """A header, or nothing."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Answer:
    """What goes back, as JSON."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """The service says no; nothing was done."""

    def __init__(self, status: int, error: str, **data: Any) -> None:
        super().__init__(error)
        self.answer = Answer(status, {"error": error, **data})


@dataclass(frozen=True)
class Mood:
    """How one call is treated. `trouble` is one of TROUBLES, or nothing."""

    seconds: float = 0.0
    trouble: str = ""


#: error: 500, nothing done · silence: no answer, nothing done · lost: done, no answer · error_after: done, then 500 ·
#: late: done, and answered after `slow_seconds` · refusal: 422 unless its key was
#: answered before, nothing done
TROUBLES = ("error", "silence", "lost", "error_after", "late", "refusal")


@dataclass(frozen=True)
class Call:
    """One request on its way through one transaction."""

    db: sqlite3.Connection
    service: str
    request: Request
    args: Mapping[str, str]
    secrets: Mapping[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        return self.request.body

    def text(self, name: str) -> str:
        """A field that must be there, as text. Raises Refused."""
        value = self.body.get(name)
        if not isinstance(value, str | int | float) or isinstance(value, bool) or value == "":
            raise Refused(400, "invalid", field=name)
        return str(value)

    def call_back(self, path: str, body: str, *, after_seconds: float = 0.0) -> None:
        """Have the shop told, in the same transaction as what it is told about."""
        self.db.execute(
            "INSERT INTO callback (service, path, body, due_at) VALUES (?, ?, ?, ?)",
            (self.service, path, body, time.time() + after_seconds),
        )


Function = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path; what the service's own people do is never slow, never fails and is not listed."""

    method: str
    pattern: re.Pattern[str]
    function: Function
    is_own: bool


class Service:
    """A name, its tables, its routes. `sign` makes the header that its webhooks carry; `mood` may decide by request."""

    def __init__(
        self,
        name: str,
        tables: str,
        *,
        sign: Callable[[str, str], dict[str, str]] | None = None,
        mood: Callable[[Request, float], Mood | None] = lambda _request, _slow: None,
        keeps_keys: bool = False,
    ) -> None:
        self.name, self.tables, self.sign, self.mood, self.keeps_keys = name, tables, sign, mood, keeps_keys
        self._routes: list[Route] = []

    def on(self, method: str, template: str, *, is_own: bool = False) -> Callable[[Function], Function]:
        """Register a function for `shipments/{id}`; `is_own` for what only the service's own people do."""
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))

        def register(function: Function) -> Function:
            self._routes.append(Route(method, pattern, function, is_own or method == "GET"))
            return function

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route for a path, with what the path names. Raises Refused."""
        for route in self._routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise Refused(404, "not_found")
