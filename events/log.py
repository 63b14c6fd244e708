"""The log: where emit appends events."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from events import personal
from events.cause import Cause, current_cause
from events.conf import events_settings
from events.errors import (
    EmitOutsideTransaction,
    PayloadNotStorable,
    PayloadTooLarge,
    StreamConflict,
    StreamRepeated,
)
from events.event import Event, LoggedEvent
from events.failpoints import reach
from events.relay import wake

_APPEND = """
SELECT logged.* FROM (
    VALUES {rows}) AS given (id, stream, name, version, payload, correlation, causation, actor, trace, expected)
CROSS JOIN LATERAL
    events_append(id, stream, name, version, payload, correlation, causation, actor, trace, expected) logged
"""
_ROW = "(%s::uuid, %s, %s, %s, %s::jsonb, %s::uuid, %s::uuid, %s, %s, %s::int)"
# An escaped NUL, but not the six characters \u0000 themselves, whose backslash JSON doubles.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event on its way into the log, with its payload as JSON text."""

    id: UUID
    event: Event
    payload: str
    expected_version: int | None


def emit(event: Event, *, expected_version: int | None = None) -> LoggedEvent:
    """Append an event to the log, in the current transaction; after its commit the subscribers get it.

    With `expected_version` the stream has to have exactly so many events before: what was decided on its state is then
    still right. Costs one SQL statement for any number of subscribers. Raises EmitOutsideTransaction, PayloadTooLarge,
    PayloadNotStorable or StreamConflict, and then nothing was written.
    """
    return emit_many([event], [expected_version])[0]


def emit_many(events: Sequence[Event], expected_versions: Sequence[int | None] | None = None) -> list[LoggedEvent]:
    """Append several events of different streams, in this order, with one SQL statement; when `expected_versions` are
    given, one for each event, all of them or none. Raises like emit, and StreamRepeated."""
    _refuse_outside_transaction(events)
    _refuse_repeated_streams(events)
    expected = [None] * len(events) if expected_versions is None else expected_versions
    entries = [_entry(event, version) for event, version in zip(events, expected, strict=True)]
    reach("emit.before_append")
    logged = _append_all_or_none(entries, current_cause())
    reach("emit.after_append")
    if (last_position := current_cause().last_position) and logged:
        transaction.on_commit(partial(last_position.reach, logged[-1].position), robust=True)
    transaction.on_commit(wake, robust=True)
    return logged


def _append_all_or_none(entries: list[_Entry], cause: Cause) -> list[LoggedEvent]:
    if len(entries) > 1 and any(entry.expected_version is not None for entry in entries):
        with transaction.atomic():  # a savepoint: a conflict of one takes the others back
            return _append(entries, cause)
    return _append(entries, cause) if entries else []


def _append(entries: list[_Entry], cause: Cause) -> list[LoggedEvent]:
    actor = cause.actor_name()
    values: list[Any] = []
    for entry in entries:
        event, correlation_id = entry.event, cause.correlation_id or entry.id
        values += [entry.id, event.stream, event.event_name, event.event_version, entry.payload]
        values += [correlation_id, cause.causation_id, actor, cause.traceparent, entry.expected_version]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND.format(rows=", ".join([_ROW] * len(entries))), values)
        return [
            _logged(entry, cause, actor, *appended) for entry, appended in zip(entries, cursor.fetchall(), strict=True)
        ]


def _logged(
    entry: _Entry, cause: Cause, actor: str, position: int | None, stream_version: int, occurred_at: datetime
) -> LoggedEvent:
    if position is None:
        raise StreamConflict(
            event=entry.event.event_name,
            stream=entry.event.stream,
            expected_version=entry.expected_version,
            found_version=stream_version,
        )
    return LoggedEvent(
        position=position,
        id=entry.id,
        stream=entry.event.stream,
        stream_version=stream_version,
        name=entry.event.event_name,
        version=entry.event.event_version,
        payload=json.loads(entry.payload),
        correlation_id=cause.correlation_id or entry.id,
        causation_id=cause.causation_id,
        actor=actor,
        traceparent=cause.traceparent,
        occurred_at=occurred_at,
    )


def _entry(event: Event, expected_version: int | None) -> _Entry:
    event_id = uuid7()
    return _Entry(event_id, event, _payload(event, event_id), expected_version)


def _payload(event: Event, event_id: UUID) -> str:
    try:
        payload = event.model_dump_json()
    except ValueError as error:
        raise PayloadNotStorable(event=event.event_name, why=str(error)) from error
    if _NUL.search(payload):
        raise PayloadNotStorable(event=event.event_name, why="PostgreSQL stores no NUL characters; remove them")
    if event.personal_fields:
        payload = _sealed(event, payload, event_id)
    size_bytes, limit_bytes = len(payload.encode()), events_settings().payload_limit_bytes
    if size_bytes > limit_bytes:
        raise PayloadTooLarge(event=event.event_name, size_bytes=size_bytes, limit_bytes=limit_bytes)
    return payload


def _sealed(event: Event, payload: str, event_id: UUID) -> str:
    name, person = event.event_name, event.whose
    sealed = personal.seal(json.loads(payload), event.personal_fields, person=person, event_id=event_id, name=name)
    return json.dumps(sealed, ensure_ascii=False, separators=(",", ":"))


def _refuse_outside_transaction(events: Sequence[Event]) -> None:
    if events and not connection.in_atomic_block:
        raise EmitOutsideTransaction(event=events[0].event_name)


def _refuse_repeated_streams(events: Sequence[Event]) -> None:
    seen: set[str] = set()
    for event in events:
        if event.stream in seen:
            raise StreamRepeated(stream=event.stream)
        seen.add(event.stream)
