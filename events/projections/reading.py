"""Reading the log for a rebuild: in passes, each of which takes what was not visible to the pass before.

A pass is the difference of two snapshots, in the order of positions. The events of a stream have positions in the order
of their versions, and an event is never visible without those before it in its stream: who wrote it had seen them
committed. So every stream is read in order, within a pass and from one to the next, whatever the order of transactions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Cursor
from pydantic_core import from_json

from events.errors import RebuildFailed
from events.models import Rebuild
from events.projections.declaration import Fact, Projection
from events.subscribers import Context

_CURRENT = """
SELECT pg_snapshot_xmin(now_is)::text::bigint + raised, pg_snapshot_xmax(now_is)::text::bigint + raised,
       ARRAY(SELECT xid::text::bigint + raised FROM pg_snapshot_xip(now_is) xid)
FROM pg_current_snapshot() now_is, events_xid_offset() raised
"""
#: Which of the events `e` one snapshot saw and another did not.
IN_PASS = """
(e.xid < %(pass_xmin)s OR e.xid < %(pass_xmax)s AND e.xid <> ALL (%(pass_without)s::bigint[]))
AND NOT (e.xid < %(read_xmin)s OR e.xid < %(read_xmax)s AND e.xid <> ALL (%(read_without)s::bigint[]))
"""
_WANTED = """
(%(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[]))
AND (e.xid, e.position) > (SELECT since_xid, since_position FROM events_subscription WHERE subscriber = %(subscriber)s)
"""
_BATCH = f"""
SELECT e.position, e.id, e.stream, e.stream_version, e.name, e.version, e.payload::text, e.correlation_id,
       e.causation_id, e.actor, e.traceparent, e.occurred_at
FROM events_event e
WHERE e.position > %(after)s AND e.position <= %(upto)s AND {_WANTED} AND {IN_PASS}
ORDER BY e.position LIMIT %(limit)s
"""
# What lies below the first number was read by the pass before; above it, little may be left. The sums keep PostgreSQL
# from looking for the smallest position from the beginning of the log on.
_ENDS = """
SELECT coalesce(min(position + 0), 1) - 1, coalesce(max(position + 0), 0) FROM events_event
WHERE xid >= %(read_xmin)s AND xid < %(pass_xmax)s
"""
_DISCARDED = """
SELECT position FROM events_delivery
WHERE position = ANY (%s) AND subscriber = %s AND outcome = 'discarded'
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions were over: those below xmin, and those below xmax but for the ones in the list."""

    xmin: int = 0
    xmax: int = 0
    without: list[int] = field(default_factory=list)

    @classmethod
    def current(cls) -> Snapshot:
        """As the database sees it now, in the terms of the log."""
        with connection.cursor() as cursor:
            cursor.execute(_CURRENT)
            return cls(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Pass:
    """What one snapshot saw, and an earlier one did not."""

    read: Snapshot
    upto: Snapshot

    def values(self) -> dict[str, Any]:
        """For IN_PASS."""
        values: dict[str, Any] = {"read_xmin": self.read.xmin, "read_xmax": self.read.xmax}
        values |= {"read_without": self.read.without, "pass_without": self.upto.without}
        return values | {"pass_xmin": self.upto.xmin, "pass_xmax": self.upto.xmax}

    def ends(self) -> tuple[int, int]:
        """The position before its first event, and that of its last one."""
        with connection.cursor() as cursor:
            cursor.execute(_ENDS, self.values())
            first, last = cursor.fetchone()
        return first, last


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of a pass, and where the next batch begins."""

    events: list[Context]
    next_position: int
    is_last: bool


def pass_of(rebuild: Rebuild) -> Pass:
    """The pass that a rebuild is in."""
    return Pass(
        Snapshot(rebuild.read_xmin, rebuild.read_xmax, rebuild.read_without),
        Snapshot(rebuild.pass_xmin, rebuild.pass_xmax, rebuild.pass_without),
    )


def next_pass(rebuild: Rebuild) -> Pass:
    """From where the pass that a rebuild is in ends, to what is visible now. Raises RebuildFailed after a restore into
    another cluster, where the numbers of transactions mean others."""
    read, now = pass_of(rebuild).upto, Snapshot.current()
    if now.xmax < read.xmax:
        raise RebuildFailed(name=rebuild.projection, why="the database was restored meanwhile; start again")
    return Pass(read, now)


def note_pass(rebuild: Rebuild, this: Pass) -> None:
    """Have a rebuild, which the caller saves, begin a pass."""
    rebuild.read_xmin, rebuild.read_xmax, rebuild.read_without = this.read.xmin, this.read.xmax, this.read.without
    rebuild.pass_xmin, rebuild.pass_xmax, rebuild.pass_without = this.upto.xmin, this.upto.xmax, this.upto.without
    rebuild.after_position, rebuild.upto_position = this.ends()
    rebuild.pass_number, rebuild.pass_applied_count = rebuild.pass_number + 1, 0


def fact_of(event: Context) -> Fact:
    """The event as the projection gets it. Raises UnknownEvent or PayloadUnreadable."""
    return Fact(event.typed(), event)


def read_batch(projection: Projection, of: Pass, after: int, upto: int, limit: int) -> Batch:
    """The next events of a pass that the projection wants, without those whose deliveries people have discarded."""
    values = of.values() | {"names": projection.wanted_names, "subscriber": projection.name}
    rows = _fetch_fast(_BATCH, values | {"after": after, "upto": upto, "limit": limit})
    positions = [row[0] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_DISCARDED, [positions, projection.name])
        discarded = {position for (position,) in cursor.fetchall()}
    is_last = len(rows) < limit
    events = [_context(projection.name, *row) for row in rows if row[0] not in discarded]
    return Batch(events, upto if is_last else positions[-1], is_last)


def _fetch_fast(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The values as PostgreSQL has them and not as text, of which Django reads instants slowly."""
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, binary=True)
        return cursor.fetchall()


def _context(
    subscriber: str, position: int, event_id: UUID, stream: str, its_version: int, name: str, version: int,
    payload: str, *rest: Any,
) -> Context:  # fmt: skip
    logged = (position, event_id, stream, its_version, name, version, from_json(payload), *rest)
    return Context(*logged, subscriber=subscriber, run=0, attempt=1)
