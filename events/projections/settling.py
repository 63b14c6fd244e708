"""Settling: what a rebuild has applied is done, also where the live deliveries had not come to it, or had died of it.

All of it happens in the transaction of the swap, while the deliveries of the projection wait.
"""

from typing import Any

from django.db import connection

from events.errors import RebuildFailed
from events.models import Rebuild
from events.projections.declaration import Projection
from events.projections.reading import Pass

_SEEN = "(e.xid < %(pass_xmin)s OR e.xid < %(pass_xmax)s AND e.xid <> ALL (%(pass_without)s::bigint[]))"
_WANTED = "(%(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[]))"

# Who discards, or sends, the next item of a replay waits until this is over.
_LOCK = """
SELECT FROM events_replay WHERE id IN (
    SELECT replay_id FROM events_replayitem WHERE subscriber = %(subscriber)s AND state IN ('waiting', 'sent'))
ORDER BY id FOR UPDATE;
SELECT FROM events_subscription WHERE subscriber = %(subscriber)s FOR UPDATE
"""
_IS_DISCARDED = """
SELECT EXISTS (
    SELECT FROM events_replay r JOIN events_replayitem i ON i.replay_id = r.id
        JOIN events_delivery d USING (position, subscriber, run)
    WHERE r.action = 'discard' AND (r.finished_at IS NULL OR r.finished_at >= %(started_at)s)
      AND d.subscriber = %(subscriber)s AND d.outcome = 'discarded' AND d.finished_at >= %(started_at)s)
"""
# Every event of a transaction below the oldest one that runs was read; so it is settled, and needs no row.
_ADVANCE = """
UPDATE events_subscription
SET settled_xid = %(pass_xmin)s, settled_position = 0,
    pruned_at = coalesce(pruned_at, now()),
    catch_up_xid = CASE WHEN catch_up_to_xid >= %(pass_xmin)s THEN %(pass_xmin)s END,
    catch_up_position = CASE WHEN catch_up_to_xid >= %(pass_xmin)s THEN 0 END,
    catch_up_to_xid = CASE WHEN catch_up_to_xid >= %(pass_xmin)s THEN catch_up_to_xid END
WHERE subscriber = %(subscriber)s AND (settled_xid, settled_position) < (%(pass_xmin)s, 0)
"""
# What is younger, and what has failed and would be said to wait for its next try: a row each.
_SETTLE = f"""
INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint)
SELECT e.position, %(subscriber)s, 0, 'done', 0, clock_timestamp(), clock_timestamp(), %(worker)s, ''
FROM events_event e JOIN (
    SELECT position FROM events_event WHERE xid >= %(pass_xmin)s
    UNION SELECT position FROM events_attempt WHERE subscriber = %(subscriber)s AND run = 0) due USING (position)
WHERE {_WANTED} AND {_SEEN}
ORDER BY e.position
ON CONFLICT DO NOTHING
"""
# Of letters that nobody has done anything about, the next run is done; it may be one that a replay has in its set.
_RESOLVE = f"""
WITH resolved AS (
    INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at, worker,
                                 fingerprint)
    SELECT d.position, d.subscriber, 1 + greatest(d.run, (
               SELECT max(i.run) FROM events_replayitem i
               WHERE i.position = d.position AND i.subscriber = d.subscriber
                 AND i.state NOT IN ('waiting', 'sent'))),
           'done', 0, clock_timestamp(), clock_timestamp(), %(worker)s, ''
    FROM events_delivery d JOIN events_event e USING (position)
    WHERE d.outcome = 'dead' AND d.subscriber = %(subscriber)s AND {_WANTED} AND {_SEEN}
      AND NOT EXISTS (SELECT FROM events_delivery later
                      WHERE later.position = d.position AND later.subscriber = d.subscriber AND later.run > d.run)
    ON CONFLICT DO NOTHING
    RETURNING position, subscriber, run)
UPDATE events_replayitem i SET state = 'done', finished_at = clock_timestamp()
FROM resolved WHERE i.position = resolved.position AND i.subscriber = resolved.subscriber AND i.run = resolved.run
"""


def lock(projection: Projection) -> None:
    """Nobody moves the subscription, or a replay with deliveries of the projection, until the transaction ends. Raises
    RebuildFailed when there is no subscription, which says what the projection wants."""
    with connection.cursor() as cursor:
        for statement in _LOCK.split(";"):
            cursor.execute(statement, {"subscriber": projection.name})
        if not cursor.rowcount:
            raise RebuildFailed(name=projection.name, why="its subscription was deleted meanwhile; start again")


def refuse_discarded(rebuild: Rebuild, projection: Projection) -> None:
    """Raises RebuildFailed when a delivery was discarded whose event the rebuild may have applied before."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_DISCARDED, {"subscriber": projection.name, "started_at": rebuild.created_at})
        (is_discarded,) = cursor.fetchone()
    if is_discarded:
        raise RebuildFailed(name=projection.name, why="deliveries of it were discarded meanwhile; start again")


def settle(projection: Projection, read: Pass, worker: str) -> None:
    """Everything that the snapshot of the last pass saw is done, and a message of it is a duplicate from now on."""
    values: dict[str, Any] = read.values()
    values |= {"subscriber": projection.name, "names": projection.wanted_names, "worker": worker}
    with connection.cursor() as cursor:
        for statement in (_SETTLE, _RESOLVE, _ADVANCE):
            cursor.execute(statement, values)
