"""The keys of people: one for each person, which encrypts what the log says of them. Without it nobody reads that.

    secrets of the settings ─▶ wrap the keys in events_personalkey ─▶ these encrypt the personal fields in the log

A key is read from its table once in a transaction, and no process uses it any longer: what is destroyed is gone with
the transactions that were under way.
"""

import hmac
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection

from events.conf import events_settings
from events.errors import PersonalKeyLost

KEY_BYTES = 32
_NONCE_BYTES = 12
_SALT = b"backroom personal keys 1"
#: So many a transaction remembers; one that reads of more people reads some keys again.
_MOST_REMEMBERED = 1_000

_FIND = "SELECT wrapped FROM events_personalkey WHERE person = %s"
_ERASED = "SELECT FROM events_personalkey WHERE person = ANY(%s) AND erased_at IS NOT NULL LIMIT 1"
_ADD = """
INSERT INTO events_personalkey (person, wrapped, wrapped_with) VALUES (%s, %s, %s) ON CONFLICT (person) DO NOTHING
"""
# The row stays, so that nobody makes another key for who is gone.
_DESTROY = """
INSERT INTO events_personalkey AS present (person, wrapped, wrapped_with, erased_at)
VALUES (%s, NULL, '', clock_timestamp())
ON CONFLICT (person) DO UPDATE SET wrapped = NULL, wrapped_with = '', erased_at = excluded.erased_at
WHERE present.erased_at IS NULL
"""
_COUNT = "SELECT wrapped_with, count(*) FROM events_personalkey WHERE wrapped IS NOT NULL GROUP BY wrapped_with"
_FORMER = """
SELECT person, wrapped FROM events_personalkey WHERE wrapped IS NOT NULL AND wrapped_with <> %s AND person > %s
ORDER BY person LIMIT 500
"""
# One that was destroyed meanwhile stays so.
_REPLACE = "UPDATE events_personalkey SET wrapped = %s, wrapped_with = %s WHERE person = %s AND wrapped = %s"


@dataclass(frozen=True, slots=True)
class _Secret:
    """What keys are wrapped with, and the name that a row knows it by."""

    cipher: AESGCM
    name: str

    @classmethod
    def of(cls, text: str) -> "_Secret":
        key = hmac.digest(_SALT, text.encode(), "sha256")
        return cls(AESGCM(key), hmac.digest(key, b"name", "sha256")[:8].hex())

    def wrap(self, person: str, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, key, person.encode())

    def unwrap(self, person: str, wrapped: bytes) -> bytes:
        return self.cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], person.encode())


@dataclass(frozen=True, slots=True)
class Wraps:
    """How many keys there are, by what they are wrapped with."""

    current: int
    former: int
    #: With a secret that the settings do not have: nothing that these keys encrypted can be read.
    unknown: int


class _Memory(threading.local):
    """The keys that the current transaction has read, or found destroyed.

    Django begins another list of what to do on commit whenever a transaction ends, and when a part of it is rolled
    back. What was remembered under a former list counts no more: neither a key that somebody destroyed meanwhile, nor
    one that was made in what is rolled back.
    """

    def __init__(self) -> None:
        self.under: object = None
        self.keys: dict[str, bytes | None] = {}

    def of_transaction(self) -> dict[str, bytes | None]:
        """To read and to add to; remembered by nobody outside a transaction."""
        if not connection.in_atomic_block:
            return {}
        if self.under is not connection.run_on_commit or len(self.keys) >= _MOST_REMEMBERED:
            self.under, self.keys = connection.run_on_commit, {}
        return self.keys


_memory = _Memory()


def key_of(person: str) -> bytes | None:
    """The key of a person; None when it was destroyed or there never was one. Raises PersonalKeyLost."""
    known = _memory.of_transaction()
    if person not in known and (row := _find(person)):
        known[person] = _key_in(row, person)
    return known.get(person)


def key_for(person: str) -> bytes | None:
    """The key of a person, made now if there is none, in the current transaction; None for who was erased. Of two that
    make it at once, both get the same one. Raises PersonalKeyLost."""
    known = _memory.of_transaction()
    if person not in known:
        row = _find(person)
        known[person] = _key_in(row, person) if row else _made(person)
    return known[person]


def destroy(person: str) -> bool:
    """Destroy the key of a person for good, and see to it that there is never another; False when that was done
    before."""
    _memory.of_transaction().pop(person, None)
    with connection.cursor() as cursor:
        cursor.execute(_DESTROY, [person])
        return bool(cursor.rowcount)


def is_erased(*people: str) -> bool:
    """Whether one of these was erased."""
    return bool(_rows(_ERASED, [list(people)]))


def wraps() -> Wraps:
    """What the keys are wrapped with, counted."""
    counts = dict(_rows(_COUNT, []))
    current, *former = (secret.name for secret in _secrets())
    known = counts.pop(current, 0), sum(counts.pop(name, 0) for name in former)
    return Wraps(*known, unknown=sum(counts.values()))


def wrap_again() -> int:
    """Wrap with the first secret what is wrapped with a former one, so that the settings may forget that; how many.
    Twice is once. Raises PersonalKeyLost."""
    count, last, secret = 0, "", _secrets()[0]
    while former := _rows(_FORMER, [secret.name, last]):
        for person, wrapped in former:
            again = secret.wrap(person, _unwrapped(person, wrapped))
            with connection.cursor() as cursor:
                cursor.execute(_REPLACE, [again, secret.name, person, wrapped])
                count += cursor.rowcount
        last = former[-1][0]
    return count


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _find(person: str) -> tuple[Any, ...] | None:
    return next(iter(_rows(_FIND, [person])), None)


def _made(person: str) -> bytes | None:
    """A new key; or that of somebody else who was quicker."""
    key, secret = AESGCM.generate_key(8 * KEY_BYTES), _secrets()[0]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [person, secret.wrap(person, key), secret.name])
        if cursor.rowcount:
            return key
    return key_of(person)


def _key_in(row: tuple[Any, ...], person: str) -> bytes | None:
    (wrapped,) = row
    return None if wrapped is None else _unwrapped(person, wrapped)


def _unwrapped(person: str, wrapped: bytes) -> bytes:
    for secret in _secrets():
        try:
            return secret.unwrap(person, bytes(wrapped))
        except InvalidTag:
            continue
    raise PersonalKeyLost(person=person)


@cache
def _secrets() -> tuple[_Secret, ...]:
    """The first wraps, all of them unwrap."""
    given: Iterable[str] = events_settings().personal_keys
    return tuple(map(_Secret.of, given or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"EVENTS", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        _secrets.cache_clear()
        _memory.under = None


setting_changed.connect(_forget)
