"""A small world for the tests of folds: jars of coins, with a row for each that should say the same as its events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel

from events.api import Event, LoggedEvent, emit, fold, verifies


class JarState(BaseModel, frozen=True):
    """What is in a jar."""

    coins: int = 0
    #: What was put in last and is still there, the newest at the end.
    notes: tuple[str, ...] = ()
    closed_at: datetime | None = None


@dataclass
class Jars:
    """The declarations, and the rows."""

    filled: type[Event]
    emptied: type[Event]
    closed: type[Event]
    #: A stranger to the fold, in the same streams.
    admired: type[Event]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def log(self, *events: Event) -> list[LoggedEvent]:
        """Each in a transaction of its own."""
        logged = []
        for event in events:
            with transaction.atomic():
                logged.append(emit(event))
        return logged

    def fill(self, jar_id: int, *coins: int) -> list[LoggedEvent]:
        """One event for each number of coins."""
        return self.log(*(self.filled(jar_id=jar_id, coins=one) for one in coins))


def jar_state(state: JarState | None, event: Event, logged: LoggedEvent) -> JarState | None:
    """The fold: coins add up, emptying takes all out."""
    state = state or JarState()
    match event.event_name:
        case "jar.filled":
            notes = (*state.notes, event.note)[-3:]  # type: ignore[attr-defined]
            return state.model_copy(update={"coins": state.coins + event.coins, "notes": notes})  # type: ignore[attr-defined]
        case "jar.emptied":
            return state.model_copy(update={"coins": 0, "notes": ()})
        case "jar.closed":
            return state.model_copy(update={"closed_at": logged.occurred_at})
    return state


def declare_jars(*, version: int = 1, step: Any = jar_state) -> Jars:
    """Declare the events, the fold, and the verification."""

    class Filled(Event, name="jar.filled", stream="jar-{jar_id}"):
        jar_id: int
        coins: int
        note: str = ""

    class Emptied(Event, name="jar.emptied", stream="jar-{jar_id}"):
        jar_id: int

    class Closed(Event, name="jar.closed", stream="jar-{jar_id}"):
        jar_id: int

    class Admired(Event, name="jar.admired", stream="jar-{jar_id}"):
        jar_id: int

    jars = Jars(Filled, Emptied, Closed, Admired)
    fold("jar-{jar_id}", state=JarState, version=version)(step)

    @verifies("jar-", streams=lambda: iter(jars.rows))
    def rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((stream, jars.rows[stream]) for stream in streams if stream in jars.rows)

    return jars


def write_jars(jars: Sequence[int], events_each: int) -> datetime:
    """A log as it would be had each jar been filled with one coin so often, a second apart and long ago; when the first
    of them was."""
    start = timezone.now().replace(microsecond=0) - timedelta(days=30)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent, occurred_at) SELECT gen_random_uuid(), 'jar-' || jar, n, 'jar.filled', 1,"
            " jsonb_build_object('jar_id', jar, 'coins', 1, 'note', 'note ' || n), gen_random_uuid(), '', '',"
            " %s::timestamptz + make_interval(secs => n) FROM unnest(%s::int[]) AS jar, generate_series(1, %s) AS n",
            [start, [*jars], events_each],
        )
    return start
