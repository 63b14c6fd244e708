"""Figures: what an operator wants to know at a glance. All of them are read from the database, never counted along.

Each is bounded work: a table is counted up to a limit, and beyond it either estimated or said to be more than that.
"""

from dataclasses import dataclass
from typing import Literal

from django.db import connection

Exactness = Literal["exact", "about", "at least"]

#: Up to here rows are counted one by one.
COUNT_LIMIT = 10_000
#: How many of the newest deliveries the throughput is measured on, when the last minute had more.
THROUGHPUT_SAMPLE = 5_000

# Rows are appended and numbered, so the span of the numbers estimates their count; gaps are what was rolled back.
_SPANS = """
SELECT (SELECT max(position) - min(position) + 1 FROM events_event),
       (SELECT max(id) - min(id) + 1 FROM events_delivery)
"""
_EVENTS = "SELECT FROM events_event"
_DONE = "SELECT FROM events_delivery WHERE outcome = 'done'"
_DEAD = "SELECT FROM events_delivery WHERE outcome = 'dead'"
_OPEN = """
SELECT FROM events_delivery dead WHERE outcome = 'dead' AND NOT EXISTS (
    SELECT FROM events_delivery later
    WHERE later.position = dead.position AND later.subscriber = dead.subscriber AND later.run > dead.run)
"""
# What waits for its next try has the latest next_try_at, so the newest few are enough to find all of it.
_RETRYING = f"""
SELECT FROM (SELECT * FROM events_attempt WHERE next_try_at IS NOT NULL ORDER BY next_try_at DESC LIMIT {COUNT_LIMIT}) a
WHERE NOT EXISTS (SELECT FROM events_delivery d
                  WHERE d.position = a.position AND d.subscriber = a.subscriber AND d.run = a.run)
  AND NOT EXISTS (SELECT FROM events_attempt later
                  WHERE later.position = a.position AND later.subscriber = a.subscriber AND later.run = a.run
                    AND later.number > a.number)
"""
_WAITING = "SELECT FROM events_outbox WHERE available_at <= clock_timestamp()"
_THROUGHPUT = f"""
SELECT count(*), extract(epoch FROM clock_timestamp() - min(finished_at))::float
FROM (SELECT finished_at FROM events_delivery ORDER BY id DESC LIMIT {THROUGHPUT_SAMPLE}) newest
WHERE finished_at > clock_timestamp() - interval '1 minute'
"""
_OLDEST_DUE = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(available_at)), 0)::float
FROM events_outbox WHERE available_at <= clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows, and how well it is known."""

    value: int
    exactness: Exactness = "exact"


@dataclass(frozen=True, slots=True)
class Figures:
    """The state of the platform now."""

    #: Facts in the log.
    events: Count
    #: Deliveries that were settled as done.
    done: Count
    #: Deliveries that failed and will be tried again.
    retrying: Count
    #: Dead letters that nobody has replayed yet.
    dead_open: Count
    #: Outbox rows that are due and not published.
    waiting: Count
    #: Deliveries settled in the last minute.
    per_minute: Count
    #: For how long the oldest due outbox row has waited.
    lag_seconds: float


def current_figures() -> Figures:
    """All figures; a few milliseconds, however long the log is."""
    events_span, deliveries_span = _spans()
    return Figures(
        events=_counted_or_estimated(_EVENTS, events_span),
        done=_done(deliveries_span),
        retrying=_counted(_RETRYING),
        dead_open=open_dead_letters(),
        waiting=_counted(_WAITING),
        per_minute=_per_minute(),
        lag_seconds=oldest_due_seconds(),
    )


def open_dead_letters() -> Count:
    """Dead letters that nobody has replayed yet."""
    return _counted(_OPEN)


def oldest_due_seconds() -> float:
    """For how long the oldest outbox row has been due; 0 when none is."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_DUE)
        return float(cursor.fetchone()[0])


def _spans() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SPANS)
        events, deliveries = cursor.fetchone()
    return events or 0, deliveries or 0


def _counted(rows: str) -> Count:
    """The rows of a query, counted up to the limit."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({rows} LIMIT {COUNT_LIMIT + 1}) counted")
        count = cursor.fetchone()[0]
    return Count(count) if count <= COUNT_LIMIT else Count(COUNT_LIMIT, "at least")


def _counted_or_estimated(rows: str, estimate: int) -> Count:
    return _counted(rows) if estimate <= COUNT_LIMIT else Count(estimate, "about")


def _done(deliveries: int) -> Count:
    if deliveries <= COUNT_LIMIT:
        return _counted(_DONE)
    return Count(max(deliveries - _counted(_DEAD).value, 0), "about")


def _per_minute() -> Count:
    with connection.cursor() as cursor:
        cursor.execute(_THROUGHPUT)
        count, seconds = cursor.fetchone()
    if count < THROUGHPUT_SAMPLE:
        return Count(count)
    return Count(round(count * 60 / max(seconds, 0.001)), "about")
