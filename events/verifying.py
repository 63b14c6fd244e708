"""Whether the rows say the same as the log: every stream that has a verification is folded from its first event on and
compared with its row.

Nothing is locked, and no transaction stays open over it. What changes meanwhile may look different at first; whatever
does is looked at again, its events and its row in one snapshot of the database, and only what is different then is a
difference.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction

from events import catalogue
from events.conf import did_you_mean, events_settings
from events.errors import UnknownField
from events.event import LoggedEvent
from events.folding import Verification
from events.history import Folded, fold_on, fold_whole, whole_stream, whole_streams, without_events

#: How many streams are compared at once.
_BATCH_COUNT = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a stream and its row do not say the same: in a field, or altogether, and then `says` tells how."""

    stream: str
    stream_version: int
    field: str = ""
    folded: Any = None
    row: Any = None
    says: str = ""


@dataclass(slots=True)
class Verified:
    """What was folded and compared so far."""

    #: How many streams, by how they begin.
    streams: Counter[str] = field(default_factory=Counter)
    event_count: int = 0
    #: How many streams are not as their rows say.
    different_count: int = 0


#: What has events, and what they add up to; or the error that keeps them from it.
_Outcome = Folded | Exception
Report = Callable[[Verified], object]


def verify(verified: Verified, report: Report = lambda verified: None) -> Iterator[Difference]:
    """Every difference there is, as it is found; `verified` counts along, and `report` is told every some hundred
    streams. Raises UnknownField."""
    for verification in catalogue.verifications():
        streams = whole_streams(verification.prefix)
        for batch in _batches((stream, _outcome(stream, events)) for stream, events in streams):
            yield from _verify_streams(verification, dict(batch), verified)
            report(verified)
        for names in _batches(verification.streams()):
            yield from _look_again(verification, without_events(names), verified)


def _verify_streams(
    verification: Verification, outcomes: dict[str, _Outcome], verified: Verified
) -> Iterator[Difference]:
    verified.streams[verification.prefix] += len(outcomes)
    verified.event_count += sum(one.stream_version for one in outcomes.values() if isinstance(one, Folded))
    rows = dict(verification.rows(list(outcomes)))
    doubtful = [stream for stream, one in outcomes.items() if [*_compare(verification, stream, one, rows.get(stream))]]
    yield from _look_again(verification, doubtful, verified)


def _look_again(verification: Verification, streams: Iterable[str], verified: Verified) -> Iterator[Difference]:
    for stream in streams:
        with _one_snapshot():
            outcome = _outcome(stream, whole_stream(stream))
            differences = [*_compare(verification, stream, outcome, dict(verification.rows([stream])).get(stream))]
        verified.different_count += bool(differences)
        yield from differences


def _outcome(stream: str, events: Iterable[LoggedEvent]) -> _Outcome:
    """One stream that cannot be folded keeps no other from it."""
    try:
        folded = fold_whole(stream, events)
        if folded.state is not None:
            catalogue.fold_of(stream).written(folded.state)  # short streams too: they may become long
        return folded
    except DatabaseError:
        raise
    except Exception as error:
        return error


def _compare(
    verification: Verification, stream: str, outcome: _Outcome, row: dict[str, Any] | None
) -> Iterator[Difference]:
    if isinstance(outcome, Exception):
        yield Difference(stream, 0, says=f"cannot be folded: {type(outcome).__name__}: {outcome}")
    elif row is None:
        if outcome.state is not None:
            yield Difference(stream, outcome.stream_version, says="has events, but no row")
    elif outcome.stream_version == 0:
        yield Difference(stream, 0, says="has a row, but no events")
    else:
        yield from _compare_fields(verification, outcome, row)
        yield from _compare_snapshot(outcome)


def _compare_fields(verification: Verification, folded: Folded, row: dict[str, Any]) -> Iterator[Difference]:
    for name, value in row.items():
        said = _field(verification, folded, name)
        if said != value:
            yield Difference(folded.stream, folded.stream_version, name, said, value)


def _field(verification: Verification, folded: Folded, name: str) -> Any:
    fields = catalogue.fold_of(folded.stream).state.model_fields
    if name not in fields:
        rows = f"{verification.rows.__module__}.{verification.rows.__qualname__}"
        state = catalogue.fold_of(folded.stream).state.__name__
        raise UnknownField(rows=rows, name=name, state=state, hint=did_you_mean(name, list(fields)))
    return getattr(folded.state, name, None)


def _compare_snapshot(folded: Folded) -> Iterator[Difference]:
    """Only long streams have any."""
    if folded.stream_version < events_settings().snapshot_every:
        return
    if fold_on(folded.stream, folded.stream_version).state != folded.state:
        says = "is something else on top of its snapshot: raise the version of the fold, which was changed without"
        yield Difference(folded.stream, folded.stream_version, says=says)


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Everything read inside is of the same moment; within somebody's transaction as far as that one's isolation
    goes."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(things)
    while batch := list(islice(iterator, _BATCH_COUNT)):
        yield batch
