"""What somebody with access to Redis can put there: messages that are forged, and values that are no messages."""

import json
import pickle
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from events import signing

Envelope = dict[str, Any]


class Touch:
    """Unpickling it makes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


def forgeries(genuine: bytes, other: bytes, canary: str) -> Iterator[tuple[str, bytes]]:
    """Changes of a genuine message, by name; `other` is the genuine message of another delivery."""
    foreign = json.loads(other)
    yield from {
        "task swapped": _with_header(genuine, "task", "parcels.call"),
        "id swapped": _with_header(genuine, "id", foreign["headers"]["id"]),
        "both of another": _with_headers(genuine, task=foreign["headers"]["task"], id=foreign["headers"]["id"]),
        "retries raised": _with_header(genuine, "retries", 99),
        "retries of another type": _with_header(genuine, "retries", "many"),
        "eta set": _with_header(genuine, "eta", "2999-01-01T00:00:00+00:00"),
        "eta of another type": _with_header(genuine, "eta", [1]),
        "expired": _with_header(genuine, "expires", "2000-01-01T00:00:00+00:00"),
        "time limit": _with_header(genuine, "timelimit", [0.001, 0.001]),
        "result wanted": _with_header(genuine, "ignore_result", False),
        "stamped": _with_headers(genuine, stamped_headers=["a"], stamps={"a": 1}),
        "header added": _with_header(genuine, "chain", [{"task": "chores.sweep", "args": [1], "options": {}}]),
        "time changed": _with_header(genuine, "sent_at", 1.0),
        "signature of another": _with_header(genuine, "signature", foreign["headers"]["signature"]),
        "signature of another type": _with_header(genuine, "signature", {"a": 1}),
        "signature of strange letters": _with_header(genuine, "signature", "\udcff"),
        "unsigned": _without_header(genuine, "signature"),
        "signed with another key": _signed_with_another_key(genuine),
        "body of another": _changed(genuine, lambda message: message.update(body=foreign["body"])),
        "body altered": _with_body(genuine, lambda body: body[0][0].update(payload={"parcel_id": 666, "trouble": ""})),
        "callback embedded": _with_body(genuine, lambda body: body[2].update(callbacks=[_call()])),
        "pickle": _pickled(genuine, canary),
        "compressed": _compressed(genuine),
        "headers of the old protocol": _old_protocol(genuine),
    }.items()


def poison(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    """Values that are no messages, by name."""
    yield from {
        "nothing": b" ",
        "not JSON": b"to whom it may concern",
        "not UTF-8": b'{"body": "\xff\xfe"}',
        "null": b"null",
        "a number": b"42",
        "a huge number": b"1e999",
        "an endless number": b'{"body": ' + b"9" * 10_000 + b"}",
        "a list": b"[1, 2, 3]",
        "an empty object": b"{}",
        "deep": b"[" * 100_000,
        "deep, and closed": b"[" * 900 + b"]" * 900,
        "deep headers": _with_header(genuine, "stamps", _deep(500)),
        "of no known type": b'{"__type__": "worm", "__value__": 1}',
        "of a type that is a list": b'{"__type__": [], "__value__": 1}',
        "no headers": _without(genuine, "headers"),
        "headers are a list": _changed(genuine, lambda message: message.update(headers=[1])),
        "headers are nothing": _changed(genuine, lambda message: message.update(headers=None)),
        "no properties": _without(genuine, "properties"),
        "properties are text": _changed(genuine, lambda message: message.update(properties="x")),
        "no body": _without(genuine, "body"),
        "body is a list": _changed(genuine, lambda message: message.update(body=[1])),
        "body is not base64": _changed(genuine, lambda message: message.update(body="a%b")),
        "body of an unknown encoding": _with_property(genuine, "body_encoding", "rot13"),
        "delivery info is a list": _with_property(genuine, "delivery_info", [1]),
        "NUL and half a letter": _with_header(genuine, "task", "\0\ud800"),
        "task is an object": _with_header(genuine, "task", {"a": 1}),
        "huge": b'{"body": "' + b"A" * 2_000_000 + b'"}',
    }.items()


def harmless(genuine: bytes) -> Iterator[bytes]:
    """Changes of what is not signed, because nobody looks at it: these are nothing but repetitions."""
    yield _changed(genuine, lambda message: message["properties"].pop("delivery_tag"))
    for name, value in {
        "delivery_tag": [1], "priority": 1e308, "correlation_id": {"a": 1}, "reply_to": "elsewhere",
        "delivery_info": {"exchange": ["x"], "routing_key": {"a": 1}}, "delivery_mode": "x",
    }.items():  # fmt: skip
        yield _with_property(genuine, name, value)


def signed(genuine: bytes, **changes: object) -> bytes:
    """What somebody who has the key would have sent with other headers."""

    def sign(message: Envelope) -> None:
        headers = message["headers"] | changes
        signature = signing.sign(signing.TASK, signing.canonical(headers), signing.digest(b64decode(message["body"])))
        message["headers"] = headers | {"signature": signature}

    return _changed(genuine, sign)


def _changed(genuine: bytes, change: Callable[[Envelope], object]) -> bytes:
    message = json.loads(genuine)
    change(message)
    return json.dumps(message).encode()


def _with_headers(genuine: bytes, **headers: object) -> bytes:
    return _changed(genuine, lambda message: message["headers"].update(headers))


def _with_header(genuine: bytes, name: str, value: object) -> bytes:
    return _with_headers(genuine, **{name: value})


def _with_property(genuine: bytes, name: str, value: object) -> bytes:
    return _changed(genuine, lambda message: message["properties"].update({name: value}))


def _without(genuine: bytes, name: str) -> bytes:
    return _changed(genuine, lambda message: message.pop(name))


def _without_header(genuine: bytes, name: str) -> bytes:
    return _changed(genuine, lambda message: message["headers"].pop(name))


def _with_body(genuine: bytes, change: Callable[[Any], object]) -> bytes:
    def replace(message: Envelope) -> None:
        body = json.loads(b64decode(message["body"]))
        change(body)
        message["body"] = b64encode(json.dumps(body).encode()).decode()

    return _changed(genuine, replace)


def _signed_with_another_key(genuine: bytes) -> bytes:
    def sign(message: Envelope) -> None:
        headers, body = signing.canonical(message["headers"]), signing.digest(b64decode(message["body"]))
        key = signing._Key.of("a key of somebody else, and long enough")
        message["headers"]["signature"] = key.sign(signing._signed(signing.TASK, headers, body))

    return _changed(genuine, sign)


def _pickled(genuine: bytes, canary: str) -> bytes:
    body = b64encode(pickle.dumps(Touch(canary))).decode()
    content = {"body": body, "content-type": "application/x-python-serialize", "content-encoding": "binary"}
    return _changed(genuine, lambda message: message.update(content))


def _compressed(genuine: bytes) -> bytes:
    """A bomb: 100 kB that would be 100 MB."""
    body = b64encode(zlib.compress(b"0" * 100_000_000)).decode()

    def pack(message: Envelope) -> None:
        message["body"] = body
        message["headers"]["compression"] = "application/x-gzip"

    return _changed(genuine, pack)


def _old_protocol(genuine: bytes) -> bytes:
    body = {"task": "chores.sweep", "id": str(uuid4()), "args": [1], "kwargs": {}}

    def replace(message: Envelope) -> None:
        message["headers"] = {}
        message["body"] = b64encode(json.dumps(body).encode()).decode()

    return _changed(genuine, replace)


def _call() -> dict[str, Any]:
    return {"task": "chores.sweep", "args": [1], "kwargs": {}, "options": {}, "subtask_type": None, "immutable": True}


def _deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value
