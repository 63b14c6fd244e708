"""What a million events in the log cost: emit and relay on an empty log and on a full one, in turn.

Two databases of one server, with the same tables. The full one holds events of the size of an order.placed, four a
stream, and two deliveries for each, vacuumed and analysed as autovacuum would have done.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from django.core.management import call_command
from django.db import connection, connections, transaction
from redis import Redis

from benchmarks.arena import app, median_ratio
from benchmarks.events import CrateOpened, CrateSealed
from benchmarks.verdict import Verdict, show
from events.api import emit, emit_many
from events.models import Event
from events.relay import drain

EMPTY, FULL = "empty", "full"
ALIASES = {EMPTY: "default", FULL: "full"}

_FILL = [
    """
    INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, causation_id, actor,
                              traceparent, occurred_at)
    SELECT id, 'crate-' || (number / 4), 1 + number %% 4, 'crate.opened', 1,
           jsonb_build_object('crate_id', number / 4, 'number', 'BR-23456-789AB', 'customer_id', number %% 5000,
                              'total', '129.90', 'currency', 'GBP', 'line_count', 3, 'unit_count', 5),
           id, NULL, 'user:' || number %% 5000, '', now() - make_interval(secs => %(count)s - number)
    FROM (SELECT number, uuidv7(make_interval(secs => number - %(count)s)) AS id
          FROM generate_series(0, %(count)s - 1) AS number) AS numbered
    """,
    """
    INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at, worker,
                                 fingerprint)
    SELECT position, subscriber, 0, 'done', 1, occurred_at, occurred_at, 'celery@worker', ''
    FROM events_event, unnest(ARRAY['crates.reader_01', 'crates.reader_02']) AS subscriber
    """,
    "VACUUM ANALYZE",
    "CHECKPOINT",
]


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds an event."""
    event_count, events, rounds = (100_000, 1_000, 9) if quick else (1_000_000, 1_000, 15)
    _make_full_database(event_count)
    emitted = arena.take_turns({log: partial(_on, log, _emit) for log in ALIASES}, 2 * rounds)
    _check_sizes(event_count)
    relayed = arena.take_turns({log: partial(_on, log, partial(_relay, events)) for log in ALIASES}, rounds)
    of_emit, of_relay = median_ratio(emitted, FULL, EMPTY), median_ratio(relayed, FULL, EMPTY)
    rows = [
        (what, *(f"{median(laps[log]) * 1000:.3f}" for log in ALIASES), f"{ratio:.2f} ×")
        for what, laps, ratio in (
            ("a transaction that emits two events", emitted, of_emit),
            ("relay, an event for 14 subscribers", relayed, of_relay),
        )
    ]
    show(f"With {event_count:,} events in the log, ms", ("", EMPTY, FULL, "full / empty"), rows)
    return [
        Verdict("full log: emit", 1.15, of_emit, at_most=True),
        Verdict("full log: relay", 1.15, of_relay, at_most=True),
    ]


def _make_full_database(event_count: int) -> None:
    """A second database with a log."""
    with connection.cursor() as cursor:
        cursor.execute('CREATE DATABASE "full"')
    call_command("migrate", database=ALIASES[FULL], run_syncdb=True, verbosity=0)
    with connections[ALIASES[FULL]].cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, {"count": event_count} if "%" in statement else None)


def _check_sizes(event_count: int) -> None:
    """The laps must have gone where they belong."""
    empty, full = (Event.objects.using(alias).count() for alias in ALIASES.values())
    if not 0 < empty == full - event_count:
        raise RuntimeError(f"{empty} events were emitted into the empty log, {full - event_count} into the full one")


def _on(log: str, work: Callable[[], float]) -> float:
    """Have the work done on one of the databases: the platform always takes the default one."""
    default = connections[ALIASES[EMPTY]]
    connections[ALIASES[EMPTY]] = connections[ALIASES[log]]
    try:
        return work()
    finally:
        connections[ALIASES[EMPTY]] = default


def _emit() -> float:
    """Median seconds of a transaction, on a fresh connection: a server process that shares its core with this one for
    as long as it lives would make its database look slow."""
    connection.close()
    times = [_emit_twice() for _ in range(80)]
    return median(times[20:])


def _emit_twice() -> float:
    """Seconds of a transaction that begins a stream and continues it, as a checkout does."""
    crate_id = next(_crates)
    started = time.perf_counter()
    with transaction.atomic():
        emit(CrateOpened(crate_id=crate_id))
        emit(CrateSealed(crate_id=crate_id))
    return time.perf_counter() - started


def _relay(count: int) -> float:
    """Seconds an event."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_outbox")
    with transaction.atomic():
        emit_many([CrateOpened(crate_id=next(_crates)) for _ in range(count)])
    started = time.perf_counter()
    drain()
    seconds = time.perf_counter() - started
    with Redis.from_url(app.conf.broker_url) as redis:
        redis.flushdb()
    return seconds / count


_crates = iter(range(10_000_000, 1_000_000_000))

if __name__ == "__main__":
    arena.main(measure)
