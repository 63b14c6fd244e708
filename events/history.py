"""Reading the log of one thing: what happened to it, in order, and what that adds up to."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from pydantic import BaseModel
from pydantic_core import from_json

from events import catalogue, snapshots
from events.conf import events_settings
from events.errors import StreamPruned
from events.event import LoggedEvent
from events.folding import Fold
from events.models import Event

_NAMES = [field.name for field in fields(LoggedEvent)]
#: The instant comes as microseconds, because Django has instants read by Python code.
_COLUMNS = ", ".join(_NAMES).replace("occurred_at", "(extract(epoch FROM occurred_at) * 1000000)::bigint")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_VERSION = 2_147_483_647
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
#: How many events are in memory at once. More are slower: measured, 5,000 take a third longer each.
_PAGE_COUNT = 500

_STRETCH = f"""
SELECT {_COLUMNS} FROM events_event
WHERE stream = %(stream)s AND stream_version > %(after)s AND stream_version <= %(upto)s
ORDER BY stream_version LIMIT %(limit)s
"""
# Up to the first event after the instant, so that it is the beginning of the stream whatever the clock did.
_VERSION_AT = """
SELECT coalesce(min(stream_version) - 1, %(upto)s) FROM events_event
WHERE stream = %(stream)s AND stream_version > %(after)s AND occurred_at > %(until)s
"""
# Streams one after the other. A page that is read later than the one before has the same events or more of a stream.
_STREAMS = f"""
SELECT {_COLUMNS} FROM events_event WHERE (stream, stream_version) > (%(stream)s, %(after)s)
  AND starts_with(stream, %(prefix)s) ORDER BY stream, stream_version LIMIT %(limit)s
"""
_WITHOUT_EVENTS = """
SELECT stream FROM unnest(%s::text[]) AS stream
WHERE NOT EXISTS (SELECT FROM events_event event WHERE event.stream = stream.stream)
"""


@dataclass(frozen=True, slots=True)
class Folded:
    """What the first events of a stream add up to: the state, how many they are, and when the latest of them happened.
    Before the first event, and as long as the fold answers so, the state is None."""

    state: Any
    stream_version: int
    at: datetime | None
    stream: str


def history(stream: str, *, last: int = 200, upto: int | None = None) -> list[LoggedEvent]:
    """The last events of a stream such as `order-42` (up to a version of it, if one is given), the oldest first; one
    query by index. For people to look at: what a program must not miss, it gets as a subscriber."""
    rows = Event.objects.filter(stream=stream)
    if upto is not None:
        rows = rows.filter(stream_version__lte=upto)
    return [LoggedEvent(**row) for row in reversed(rows.order_by("-stream_version").values(*_NAMES)[:last])]


def logged_events(ids: Collection[UUID]) -> dict[UUID, LoggedEvent]:
    """Events by id, such as the causes of others; those that are not in the log, or not any more, are left out."""
    rows = Event.objects.filter(id__in=ids).values(*_NAMES) if ids else []
    return {row["id"]: LoggedEvent(**row) for row in rows}


def state_of(stream: str, *, at: int | datetime | None = None) -> Folded:
    """The state of a stream after all its events, as it was after the first so many (`at=7`), or as it was at an
    instant.

    Begins at the last snapshot before, if there is one; where many events were folded, it has snapshots taken after the
    transaction. Raises UnknownFold, StreamPruned, UnknownEvent or PayloadUnreadable.
    """
    fold = catalogue.fold_of(stream)
    if isinstance(at, datetime):
        start = _start(fold, stream, _LAST_VERSION, at)
        upto = _version_at(start, at)
    else:
        upto = _LAST_VERSION if at is None else at
        start = _start(fold, stream, upto)
    folded = _last(_steps(fold, start, upto), start)
    if _worth(folded) > _worth(start):
        _take_snapshots_later(fold, stream, folded.stream_version)
    return folded


def fold_all(prefix: str) -> Iterator[Folded]:
    """The states of all streams that begin like this, from their first events on and without snapshots, in the order of
    their names. Reads the log page by page, however long it is. Raises like state_of."""
    for stream, events in whole_streams(prefix):
        yield fold_whole(stream, events)


def whole_streams(prefix: str) -> Iterator[tuple[str, Iterator[LoggedEvent]]]:
    """All streams that begin like this, in the order of their names, each with its events, to be read at once."""
    return groupby(_all_events(prefix), key=lambda logged: logged.stream)


def whole_stream(stream: str) -> Iterator[LoggedEvent]:
    """All events of a stream."""
    return _events(stream, 0, _LAST_VERSION)


def fold_whole(stream: str, events: Iterable[LoggedEvent]) -> Folded:
    """What all events of a stream add up to. Raises like state_of."""
    fold = catalogue.fold_of(stream)
    state: BaseModel | None = None
    version, at = 0, None
    for logged in events:
        _refuse_gap(logged, version)
        state, version = fold.after(state, logged), logged.stream_version
        at = max(at, logged.occurred_at) if at else logged.occurred_at
    return Folded(state, version, at, stream)


def fold_on(stream: str, upto: int) -> Folded:
    """What the first so many events of a stream add up to, on top of its last snapshot before. Raises like state_of."""
    fold = catalogue.fold_of(stream)
    start = _start(fold, stream, upto)
    return _last(_steps(fold, start, upto), start)


def without_events(streams: Sequence[str]) -> list[str]:
    """Those of the streams of which the log has nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_EVENTS, [list(streams)])
        return [stream for (stream,) in cursor.fetchall()]


def _last(steps: Iterable[Folded], start: Folded) -> Folded:
    folded = start
    for folded in steps:  # noqa: B007 (the last one is the answer)
        pass
    return folded


def _refuse_gap(logged: LoggedEvent, version: int) -> None:
    if logged.stream_version != version + 1:
        raise StreamPruned(stream=logged.stream, stream_version=logged.stream_version, after=version)


def _steps(fold: Fold, start: Folded, upto: int) -> Iterator[Folded]:
    """Each state on the way."""
    folded = start
    for logged in _events(start.stream, start.stream_version, upto):
        _refuse_gap(logged, folded.stream_version)
        at = max(folded.at, logged.occurred_at) if folded.at else logged.occurred_at
        folded = Folded(fold.after(folded.state, logged), logged.stream_version, at, start.stream)
        yield folded


def _start(fold: Fold, stream: str, upto: int, until: datetime = _END_OF_TIME) -> Folded:
    kept = snapshots.latest(stream, fold.name, fold.code, upto, until)
    state = fold.read(kept.state) if kept else None
    if kept is None or state is None:
        return Folded(None, 0, None, stream)
    return Folded(state, kept.stream_version, kept.happened_at, stream)


def _version_at(start: Folded, until: datetime) -> int:
    values: dict[str, Any] = {"stream": start.stream, "after": start.stream_version, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_VERSION_AT, values | {"upto": _LAST_VERSION})
        return int(cursor.fetchone()[0])


def _worth(folded: Folded) -> int:
    """How many snapshots a stream of that length has."""
    return folded.stream_version // events_settings().snapshot_every


def _take_snapshots_later(fold: Fold, stream: str, upto: int) -> None:
    def take_snapshots() -> None:  # not a partial, whose name Django asks for when it fails
        _take_snapshots(fold, stream, upto)

    transaction.on_commit(take_snapshots, robust=True)


def _take_snapshots(fold: Fold, stream: str, upto: int) -> None:
    """Everything is read again: under the lock, and as it was committed."""
    with transaction.atomic():
        if not snapshots.lock_for_keeping():
            return
        steps = _steps(fold, _start(fold, stream, upto), upto)
        worthy = (
            one for one in steps if one.stream_version % events_settings().snapshot_every == 0 and one.state is not None
        )
        kept = [snapshots.Kept(one.stream_version, fold.written(one.state), one.at) for one in worthy if one.at]
        snapshots.keep(stream, fold.name, fold.code, kept)


def _events(stream: str, after: int, upto: int) -> Iterator[LoggedEvent]:
    values = {"stream": stream, "upto": upto}
    page = _page(_STRETCH, values | {"after": after})
    yield from page
    while len(page) == _PAGE_COUNT:
        page = _page(_STRETCH, values | {"after": page[-1].stream_version})
        yield from page


def _all_events(prefix: str) -> Iterator[LoggedEvent]:
    page = _page(_STREAMS, {"prefix": prefix, "stream": prefix, "after": 0})
    yield from page
    while len(page) == _PAGE_COUNT:
        last = page[-1]
        page = _page(_STREAMS, {"prefix": prefix, "stream": last.stream, "after": last.stream_version})
        yield from page


def _page(statement: str, values: dict[str, Any]) -> list[LoggedEvent]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"limit": _PAGE_COUNT})
        return [
            LoggedEvent(*(*row[:6], from_json(row[6]), *row[7:-1], _EPOCH + timedelta(microseconds=row[-1])))
            for row in cursor.fetchall()
        ]
