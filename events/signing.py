"""Signatures: the mark by which a worker knows that a message was made by somebody who has the key.

A signature covers the purpose of the message, all its headers and its body. Only the headers named in UNSIGNED are left
out: the signature itself, and what a broker adds on the way.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from events.conf import events_settings
from events.errors import MessageForged, MessageUnsigned

SIGNATURE = "signature"
#: Headers that are no part of what is signed.
UNSIGNED = frozenset({SIGNATURE, "redelivered"})
#: The purpose of every message that runs a task.
TASK = "task"

_SALT = b"backroom message signature 1"
_canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of HMAC-SHA256 (RFC 2104) whose two pads are hashed already: `hmac.digest` hashes them for each message,
    which takes longer than the message."""

    inner: Any
    outer: Any

    @classmethod
    def of(cls, secret: str) -> "_Key":
        key = hmac.digest(_SALT, secret.encode(), "sha256").ljust(64, b"\0")
        return cls(sha256(bytes(byte ^ 0x36 for byte in key)), sha256(bytes(byte ^ 0x5C for byte in key)))

    def sign(self, text: bytes) -> str:
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return str(outer.hexdigest())


@cache
def _keys() -> tuple[_Key, ...]:
    """The first signs, all of them verify. Without keys in EVENTS they are derived from SECRET_KEY and its
    fallbacks."""
    secrets: Iterable[str] = events_settings().signing_keys
    return tuple(map(_Key.of, secrets or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))


def digest(body: bytes) -> bytes:
    """What stands for a body in a signature, so that a body for many receivers is hashed once."""
    return sha256(body).hexdigest().encode()


def canonical(headers: Mapping[str, Any]) -> bytes:
    """The signed headers as one text, the same before and after their way through a broker."""
    return _canonical_json({name: value for name, value in headers.items() if name not in UNSIGNED}).encode()


def sign(purpose: str, headers: bytes, body_digest: bytes) -> str:
    """The signature of a message, from its canonical headers and the digest of its body."""
    return _keys()[0].sign(_signed(purpose, headers, body_digest))


def verify(purpose: str, headers: Mapping[str, Any], body: bytes) -> None:
    """Raises MessageUnsigned or MessageForged."""
    claimed = headers.get(SIGNATURE)
    if not isinstance(claimed, str):
        raise MessageUnsigned()
    signed = _signed(purpose, canonical(headers), digest(body))
    if not any(hmac.compare_digest(key.sign(signed).encode(), claimed.encode(errors="replace")) for key in _keys()):
        raise MessageForged()


def _signed(purpose: str, headers: bytes, body_digest: bytes) -> bytes:
    return b"%b\n%b\n%b" % (purpose.encode(), headers, body_digest)


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"EVENTS", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        _keys.cache_clear()


setting_changed.connect(_forget)
