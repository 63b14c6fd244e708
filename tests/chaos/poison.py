"""Messages that no worker should have to see, pushed into its queue: `python -m tests.chaos.poison`.

The first kind nobody could read or believe. The second is signed with the right key, and still cannot be run: under an
id of its own each becomes a dead letter.
"""

import json
import time
from base64 import b64encode
from typing import Any
from uuid import uuid4

import django

if __name__ == "__main__":
    django.setup()

import redis
from django.conf import settings

from events import signing

QUEUE = "default"
#: A subscriber that is soon out of retries.
STRICT = "stall.audit"


def envelope(task: str, task_id: str, body: bytes, **headers: Any) -> dict[str, Any]:
    """What Celery would send, signed."""
    told = {
        "lang": "py", "task": task, "id": task_id, "root_id": task_id, "parent_id": None, "group": None, "retries": 0,
        "eta": None, "expires": None, "timelimit": [None, None], "argsrepr": "", "kwargsrepr": "{}", "origin": "poison",
        "ignore_result": True, "sent_at": time.time(),
    } | headers  # fmt: skip
    signature = signing.sign(signing.TASK, signing.canonical(told), signing.digest(body))
    return {
        "body": b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": told | {signing.SIGNATURE: signature},
        "properties": {
            "correlation_id": task_id,
            "reply_to": "",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
        },
    }


def arguments(*args: object) -> bytes:
    """The body of a task message."""
    return json.dumps([args, {}, None]).encode()


def unreadable() -> list[bytes]:
    """Nothing that Celery ever sent."""
    whole = envelope("stall.count", "poison", arguments({}, 0))
    altered = [
        {"body": "%%% not base64 %%%"},
        {"body": b64encode(b"\xff\xfe not text").decode()},
        {"body": None},
        {"headers": None},
        {"headers": []},
        {"properties": {}},
        {"content-type": "application/x-python-serialize"},
        {"content-encoding": "no such encoding"},
        {"headers": whole["headers"] | {"compression": "application/x-gzip"}},
        {"headers": whole["headers"] | {"task": "stall.pay"}},
        {"headers": {}},
    ]
    garbage = [b"\xff\xfe\x00", b"not JSON", b"", b"[]", b"null", b"7", b'"text"', b"{}", b"[" * 5000, b'{"body":1}']
    return [*garbage, *(json.dumps(whole | change).encode() for change in altered)]


def unrunnable() -> dict[str, bytes]:
    """Signed messages, by their ids."""
    event = {"position": 0, "id": str(uuid4()), "name": "sale.made", "version": 99}
    bodies = {
        "unknown-task": ("stall.gone", arguments({}, 0)),
        "no-list": (STRICT, b"{}"),
        "short-list": (STRICT, b"[]"),
        "no-arguments": (STRICT, arguments()),
        "wrong-arguments": (STRICT, arguments("event", "run")),
        "half-an-event": (STRICT, arguments(event, 0)),
        "no-json": (STRICT, b"\xff\xfe"),
    }
    signed = {name: (task, f"poison-{name}-{uuid4()}", body) for name, (task, body) in bodies.items()}
    whole = {task_id: envelope(task, task_id, body) for task, task_id, body in signed.values()}
    odd = {
        f"poison-{name}-{uuid4()}": {name: value}
        for name, value in (("retries", "many"), ("eta", "soon"), ("timelimit", "none"), ("expires", []))
    }
    whole |= {task_id: envelope(STRICT, task_id, arguments({}, 0), **header) for task_id, header in odd.items()}
    return {task_id: json.dumps(message).encode() for task_id, message in whole.items()}


def push() -> None:
    """Print the ids under which something is to be found afterwards."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        signed = unrunnable()
        for message in [*unreadable(), *signed.values()]:
            broker.lpush(QUEUE, message)
    print(json.dumps(list(signed)))


if __name__ == "__main__":
    push()
