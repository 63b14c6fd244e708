"""The log: where emit appends events."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from events.cause import Cause, current_cause
from events.conf import events_settings
from events.errors import EmitOutsideTransaction, PayloadNotStorable, PayloadTooLarge, StreamRepeated
from events.event import Event, LoggedEvent
from events.relay import wake

# A concurrent emit to the same stream takes the version this one had in mind: nothing is returned for it, and the
# caller tries again with a snapshot that sees the other one. No savepoint is needed.
_APPEND = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(streams)s::text[], %(names)s::text[], %(versions)s::int[],
                         %(payloads)s::jsonb[]) WITH ORDINALITY AS event (id, stream, name, version, payload, place)
), logged AS (
    INSERT INTO events_event (id, stream, stream_version, name, version, payload,
                              correlation_id, causation_id, actor, traceparent, occurred_at)
    SELECT id, stream,
           1 + coalesce((SELECT max(stream_version) FROM events_event past WHERE past.stream = given.stream), 0),
           name, version, payload, coalesce(%(correlation_id)s, id), %(causation_id)s, %(actor)s, %(traceparent)s,
           clock_timestamp()
    FROM given ORDER BY place
    ON CONFLICT (stream, stream_version) DO NOTHING
    RETURNING position, id, stream, stream_version, name, version, payload,
              correlation_id, causation_id, actor, traceparent, occurred_at
), queued AS (
    INSERT INTO events_outbox (position) SELECT position FROM logged ORDER BY position
)
SELECT * FROM logged ORDER BY position
"""


def emit(event: Event) -> LoggedEvent:
    """Append an event to the log, in the current transaction; after its commit the subscribers get it.

    Costs one SQL statement for any number of subscribers. Raises EmitOutsideTransaction, PayloadTooLarge or
    PayloadNotStorable, and then nothing was written.
    """
    return emit_many([event])[0]


def emit_many(events: Sequence[Event]) -> list[LoggedEvent]:
    """Append several events of different streams, in this order, with one SQL statement. Raises like emit, and
    StreamRepeated."""
    _refuse_outside_transaction(events)
    _refuse_repeated_streams(events)
    payloads = [_payload(event) for event in events]
    waiting = [(uuid7(), event, payload) for event, payload in zip(events, payloads, strict=True)]
    logged: dict[UUID, LoggedEvent] = {}
    order = [event_id for event_id, _, _ in waiting]
    while waiting:
        logged |= {event.id: event for event in _append(waiting, current_cause())}
        waiting = [entry for entry in waiting if entry[0] not in logged]
    transaction.on_commit(wake, robust=True)
    return [logged[event_id] for event_id in order]


def _append(entries: list[tuple[UUID, Event, str]], cause: Cause) -> list[LoggedEvent]:
    parameters = {
        "ids": [event_id for event_id, _, _ in entries],
        "streams": [event.stream for _, event, _ in entries],
        "names": [event.event_name for _, event, _ in entries],
        "versions": [event.event_version for _, event, _ in entries],
        "payloads": [payload for _, _, payload in entries],
        "correlation_id": cause.correlation_id,
        "causation_id": cause.causation_id,
        "actor": cause.actor_name(),
        "traceparent": cause.traceparent,
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, parameters)
        return [LoggedEvent(*row) for row in cursor.fetchall()]


def _payload(event: Event) -> str:
    try:
        payload = event.model_dump_json()
    except ValueError as error:
        raise PayloadNotStorable(event=event.event_name, why=str(error)) from error
    if r"\u0000" in payload:
        raise PayloadNotStorable(event=event.event_name, why="PostgreSQL stores no NUL characters; remove them")
    size_bytes, limit_bytes = len(payload.encode()), events_settings().payload_limit_bytes
    if size_bytes > limit_bytes:
        raise PayloadTooLarge(event=event.event_name, size_bytes=size_bytes, limit_bytes=limit_bytes)
    return payload


def _refuse_outside_transaction(events: Sequence[Event]) -> None:
    if events and not connection.in_atomic_block:
        raise EmitOutsideTransaction(event=events[0].event_name)


def _refuse_repeated_streams(events: Sequence[Event]) -> None:
    seen: set[str] = set()
    for event in events:
        if event.stream in seen:
            raise StreamRepeated(stream=event.stream)
        seen.add(event.stream)
