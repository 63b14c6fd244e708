"""A small HTTP server that stands for another system, and does as the test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.body) if self.body else None

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers["Idempotency-Key"]


@dataclass(frozen=True)
class Said:
    """What to answer: bytes as they are, anything else as JSON; nothing at all for `hang_up`."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass
class Elsewhere:
    """The server: what it was asked, and how it answers."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Said] = lambda asked: Said()

    def paths(self) -> list[str]:
        """What it was asked, such as `PUT /contacts`."""
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def elsewhere(answer: Callable[[Asked], Said] | None = None) -> Iterator[Elsewhere]:
    """Run such a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            place.asked.append(asked)
            said = place.answer(asked)
            if said.hang_up:
                self.close_connection = True
                return
            content = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in ({"Content-Length": str(len(content))} | said.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        block_on_close = False  # connections are kept open

        def handle_error(self, *arguments: object) -> None:
            """The caller hung up, as some tests want it to."""

    with Server(("127.0.0.1", 0), Handler) as httpd:
        place = Elsewhere(f"http://127.0.0.1:{httpd.server_port}")
        place.answer = answer or place.answer
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield place
        finally:
            httpd.shutdown()
            thread.join()
