"""How far each projection is behind the log: what an operator wants to see, and a reader to wait for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from events.models import Rebuild, Subscription
from events.projections.declaration import Projection, projections

#: Up to here events are counted one by one.
COUNT_LIMIT = 10_000

# What the rescue has last found settled is not looked at again, so this is a few seconds of the log, or what is behind.
_BEHIND = """
SELECT count(*), min(occurred_at), clock_timestamp() FROM (
    SELECT e.occurred_at FROM events_event e
    WHERE (e.xid, e.position) > (%(xid)s, %(position)s)
      AND (%(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[]))
      AND NOT EXISTS (SELECT FROM events_delivery d
                      WHERE d.position = e.position AND d.subscriber = %(subscriber)s AND d.run = 0)
    ORDER BY e.xid, e.position LIMIT %(limit)s) behind
"""
_DEAD = """
SELECT count(*) FROM (
    SELECT FROM events_delivery d WHERE d.outcome = 'dead' AND d.subscriber = %(subscriber)s AND NOT EXISTS (
        SELECT FROM events_delivery later
        WHERE later.position = d.position AND later.subscriber = d.subscriber AND later.run > d.run)
    LIMIT %(limit)s) dead
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one projection is behind."""

    projection: str
    #: `live`, `catching up`, `paused`, or `not enrolled` before its first event.
    state: str
    #: Events that it wants and has not settled; more than COUNT_LIMIT is not counted.
    behind_count: int
    #: For how long the oldest of them has been in the log; 0 when there is none.
    behind_seconds: float
    #: Dead letters that nobody has replayed: what the read model lacks.
    dead_count: int
    settled_position: int
    #: The newest rebuild, whatever became of it.
    rebuild: Rebuild | None

    @property
    def is_at_least(self) -> bool:
        """Whether more are behind than were counted."""
        return self.behind_count > COUNT_LIMIT


def lag() -> list[Lag]:
    """Of every projection, by name."""
    return [lag_of(one) for one in projections()]


def lag_of(projection: Projection) -> Lag:
    """Of one; some milliseconds."""
    row = Subscription.objects.filter(subscriber=projection.name).first()
    count, oldest, now = behind(projection, row, COUNT_LIMIT + 1)
    with connection.cursor() as cursor:
        cursor.execute(_DEAD, {"subscriber": projection.name, "limit": COUNT_LIMIT + 1})
        (dead,) = cursor.fetchone()
    return Lag(
        projection=projection.name,
        state=_state(row),
        behind_count=count,
        behind_seconds=max((now - oldest).total_seconds(), 0.0) if oldest else 0.0,
        dead_count=dead,
        settled_position=row.settled_position if row else 0,
        rebuild=Rebuild.objects.filter(projection=projection.name).order_by("-pk").first(),
    )


def behind(projection: Projection, row: Subscription | None, limit: int) -> tuple[int, datetime | None, datetime]:
    """How many events it has not settled, when the oldest was logged, and the time now, of the same clock."""
    values: dict[str, Any] = {"names": projection.wanted_names, "subscriber": projection.name, "limit": limit}
    values |= {"xid": row.settled_xid if row else 0, "position": row.settled_position if row else 0}
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, values)
        count, oldest, now = cursor.fetchone()
    return count, oldest, now


def _state(row: Subscription | None) -> str:
    if row is None:
        return "not enrolled"
    if row.paused_at:
        return "paused"
    return "catching up" if row.catch_up_to_xid is not None else "live"
