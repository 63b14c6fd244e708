"""Reads what is in a Redis list, whatever it is.

kombu takes every value of a list for a message of its own making, and a worker that meets another one ends. Here the
result is always a message that kombu can handle: what cannot be read becomes one that says why, carries the beginning
of what came, has no signature, and is therefore refused and set aside where all messages are judged.
"""

from base64 import b64decode, b64encode
from itertools import count
from typing import Any
from uuid import uuid4

from kombu.utils.json import loads

from events.conf import events_settings

#: The header of a message that stands for something unreadable.
UNREADABLE = "unreadable"
_KEPT_BYTES = 4_096
_DEEPEST = 8
_tag_prefix, _tag_numbers = uuid4(), count()

Envelope = dict[str, Any]


def read(item: bytes | str, queue: str) -> Envelope:
    """The message in a value that was taken from the list of a queue. Never raises."""
    try:
        return _checked(parse(item), queue)
    except Exception as error:
        return _unreadable(item, error, queue)


def parse(item: bytes | str) -> Any:
    """The JSON of a value. Raises a great many things."""
    limit = events_settings().message_limit_bytes
    if len(item) > limit:
        raise ValueError(f"{len(item)} bytes are more than the limit of {limit}")
    return loads(item)


def _checked(envelope: Any, queue: str) -> Envelope:
    """What a worker needs, and nothing else: neither properties nor the delivery tag are signed, and a tag that
    somebody chose could be the one of another message."""
    headers, properties = envelope["headers"], envelope["properties"]
    if properties["body_encoding"] != "base64":
        raise ValueError("the body is not encoded as base64")
    b64decode(envelope["body"], validate=True)
    if not isinstance(headers, dict) or _depth(headers) > _DEEPEST:
        raise ValueError("the headers are not a flat JSON object")
    redelivered = bool(properties["delivery_info"].get("redelivered"))
    return {
        "body": str(envelope["body"]),
        "content-type": str(envelope["content-type"]),
        "content-encoding": str(envelope["content-encoding"]),
        "headers": headers,
        "properties": _properties(headers.get("id"), queue, properties.get("priority"), redelivered),
    }


def _properties(task_id: object, queue: str, priority: object, redelivered: bool) -> dict[str, Any]:
    return {
        "correlation_id": task_id if isinstance(task_id, str) else "",
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue} | ({"redelivered": True} if redelivered else {}),
        "priority": priority if priority in range(10) else 0,
        "body_encoding": "base64",
        "delivery_tag": f"{_tag_prefix}-{next(_tag_numbers)}",
    }


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _unreadable(item: bytes | str, error: Exception, queue: str) -> Envelope:
    content = item if isinstance(item, bytes) else str(item).encode(errors="replace")
    return {
        "body": b64encode(content[:_KEPT_BYTES]).decode(),
        "content-type": "application/octet-stream",
        "content-encoding": "binary",
        "headers": {UNREADABLE: f"{type(error).__name__}: {error}"[:500]},
        "properties": _properties("", queue, 0, redelivered=False),
    }
