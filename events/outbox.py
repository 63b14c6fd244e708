"""The outbox: what waits to be published. Rows are taken in the order in which they fall due."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from events.failpoints import reach

# The event is turned into its JSON by the database: the relay passes it on without reading it.
_EVENT = """
SELECT o.id, o.subscriber, o.run, o.position, e.id, e.name, e.stream, e.stream_version, row_to_json(message)::text,
       CASE WHEN o.subscriber IS NULL THEN 0 ELSE (
           SELECT count(*) FROM events_attempt a
           WHERE a.position = o.position AND a.subscriber = o.subscriber AND a.run = o.run AND a.spent) END
FROM taken o JOIN events_event e ON e.position = o.position CROSS JOIN LATERAL (
    SELECT e.position, e.id, e.stream, e.stream_version, e.name, e.version, e.payload, e.correlation_id,
           e.causation_id, e.actor, e.traceparent, e.occurred_at) message
"""
_DUE = """
SELECT id FROM events_outbox WHERE available_at <= clock_timestamp()
ORDER BY available_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
_TAKE = f"""
WITH due AS MATERIALIZED ({_DUE}),
taken AS (DELETE FROM events_outbox o USING due WHERE o.id = due.id RETURNING o.*)
{_EVENT} ORDER BY o.available_at, o.id
"""
_LEASE = f"""
WITH due AS MATERIALIZED ({_DUE}),
taken AS (UPDATE events_outbox o SET available_at = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
          FROM due WHERE o.id = due.id RETURNING o.*)
{_EVENT} ORDER BY o.id
"""
_PUT = "INSERT INTO events_outbox (position, subscriber, run, available_at) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Due:
    """An outbox row that was taken, with its event as JSON text. Without a subscriber it is for all of them."""

    id: int
    subscriber: str | None
    run: int
    position: int
    event_id: UUID
    event_name: str
    stream: str
    stream_version: int
    event_json: str
    #: Tries of this delivery that failed before; 0 when the row is for all subscribers.
    failed_count: int


def put(position: int, subscriber: str, run: int, available_at: datetime) -> None:
    """Have one event published for one subscriber, at an instant that may lie in the past."""
    reach("outbox.before_put")
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [position, subscriber, run, available_at])
    reach("outbox.after_put")


@contextmanager
def taken(limit: int) -> Iterator[list[Due]]:
    """Take rows that are due. They are gone when the block ends well, and back when it fails: a crash after publishing
    publishes them again, and the deliveries absorb it."""
    with transaction.atomic():
        yield _fetch(_TAKE, {"limit": limit})


@contextmanager
def leased(limit: int, lease_seconds: float) -> Iterator[list[Due]]:
    """Take rows that are due without keeping a transaction open. They are deleted when the block ends well; after a
    crash they are due again when the lease ends."""
    rows = _fetch(_LEASE, {"limit": limit, "lease_seconds": lease_seconds})
    yield rows
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_outbox WHERE id = ANY(%s)", [[row.id for row in rows]])


def _fetch(statement: str, parameters: dict[str, float]) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Due(*row) for row in cursor.fetchall()]
