"""Lanes: an ordered subscriber gets the events of each stream strictly one after another.

A delivery whose predecessor is not settled is dropped: whoever settles the predecessor puts the next one into the
outbox, in the same transaction. The functions of the database that do it are in migration 0003.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from events import catalogue
from events.errors import Snooze
from events.subscribers import Context, Subscriber

_TURN = "SELECT events_turn(%s, %s, %s, %s)"
_TURN_BESIDE_SWAP = "SELECT events_turn_beside_swap(%s, %s, %s, %s)"
_HOLD_OFF_SWAP = "SELECT events_hold_off_swap(%s)"
_TRY_TO_HOLD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 1))"
_LET_GO = "SELECT pg_advisory_unlock(hashtextextended(%s, 1))"

_BUSY_SECONDS = 1.0


def is_its_turn(context: Context, subscriber: Subscriber) -> bool:
    """Whether the delivery comes next in its lane; always, when the subscriber is not ordered. What comes later is
    dropped, and will be woken; what is settled is dropped as well."""
    if not subscriber.ordered:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            _TURN_BESIDE_SWAP if subscriber.swappable else _TURN,
            [context.position, subscriber.name, context.run, subscriber.lane],
        )
        (turn,) = cursor.fetchone()
    return bool(turn == "now")


def hold_off_swap(name: str) -> None:
    """Have no read model of the subscriber swapped before the end of the transaction, if it is a projection."""
    if any(one.swappable and one.name == name for one in catalogue.subscribers()):
        with connection.cursor() as cursor:
            cursor.execute(_HOLD_OFF_SWAP, [name])


@contextmanager
def held(context: Context, subscriber: Subscriber) -> Iterator[None]:
    """Keep duplicates out of the lane while an ordered subscriber works outside any transaction. Raises Snooze when
    somebody else is in it; a connection that breaks lets go by itself."""
    if not subscriber.ordered:
        yield
        return
    lane = f"{subscriber.name} {context.stream}"
    if not _ask(_TRY_TO_HOLD, lane):
        raise Snooze(_BUSY_SECONDS, "another message of its lane is being worked on")
    try:
        yield
    finally:
        _ask(_LET_GO, lane)


def _ask(statement: str, lane: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [lane])
        (answer,) = cursor.fetchone()
    return bool(answer)
