"""HTTP: one thread per connection, connections stay open, bodies are JSON."""

import dataclasses
import json
import socket
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from config.simulated.frame import Frame
from config.simulated.service import Answer, Refused, Request

BODY_LIMIT_BYTES = 1024 * 1024
#: Own names: a page elsewhere that has its name point here must not steer the services.
HOSTS = ("127.0.0.1", "localhost", "simulated")


class Server(ThreadingHTTPServer):
    """Listens for the frame."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int, frame: Frame) -> None:
        self.frame = frame
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the frame, writes the answer in one piece."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version, sys_version = "SimulatedServices/1", ""

    def answer(self) -> None:
        """One call."""
        try:
            answer = self._answer(urlsplit(self.path).path)
        except Refused as refusal:
            answer = refusal.answer
        if answer is None:
            self._drop()
        else:
            self._send(answer.status, json.dumps(answer.body).encode(), "application/json")

    def do_GET(self) -> None:
        """The page, what it shows, or a call."""
        path = urlsplit(self.path).path
        if path == "/":
            page = resources.files("config.simulated").joinpath("page.html").read_bytes()
            self._send(200, page, "text/html; charset=utf-8")
        else:
            self.answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def _answer(self, path: str) -> Answer | None:
        request = self._request(path)
        control = f"{request.method} {path}"
        if control in CONTROLS:
            return Answer(200, CONTROLS[control](self.server.frame, request.body))
        name, _, rest = path.lstrip("/").partition("/")
        return self.server.frame.handle(name, dataclasses.replace(request, path=rest))

    def _request(self, path: str) -> Request:
        """Raises Refused for a foreign host, a body that is too large and one that is no JSON object."""
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 <= size <= BODY_LIMIT_BYTES:
            self.close_connection = True
            raise Refused(413, "too_large")
        raw = self.rfile.read(size)
        if self.headers.get("Host", "").rpartition(":")[0] not in HOSTS:
            raise Refused(421, "unknown_host")
        if raw and self.headers.get_content_type() != "application/json":  # a form of another site cannot send it
            raise Refused(415, "json_expected")
        if self.command != "GET" and self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "other_site")
        return Request(
            self.command, path, {name.lower(): value for name, value in self.headers.items()}, raw, _json_object(raw)
        )

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        """No answer: hang up in the middle."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """The page lists the calls."""


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "no_json") from None
    if not isinstance(body, dict):
        raise Refused(400, "no_json_object")
    return body


def _health(_frame: Frame, _body: Mapping[str, Any]) -> dict[str, Any]:
    return {"simulated": True}


def _settings(frame: Frame, _body: Mapping[str, Any]) -> dict[str, Any]:
    return frame.knobs.all()


def _turn(frame: Frame, body: Mapping[str, Any]) -> dict[str, Any]:
    frame.knobs.turn(body)
    return frame.knobs.all()


def _calls(frame: Frame, _body: Mapping[str, Any]) -> dict[str, Any]:
    return {"calls": frame.past_calls(), "thinking": dict(frame.thinking)}


def _callbacks(frame: Frame, _body: Mapping[str, Any]) -> dict[str, Any]:
    return {"callbacks": frame.callbacks.listed()}


def _forget(frame: Frame, _body: Mapping[str, Any]) -> dict[str, Any]:
    frame.forget()
    return {}


CONTROLS = {
    "GET /health": _health,
    "GET /settings": _settings,
    "PUT /settings": _turn,
    "GET /calls": _calls,
    "GET /callbacks": _callbacks,
    "DELETE /state": _forget,
}
