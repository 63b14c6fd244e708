"""How far the deliveries of a stretch of the log are: per subscriber, and how long they took.

Lag is from the start of the emitting transaction, which the log records, to the settled delivery; the customer's answer
comes a little after the former.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from events import catalogue

POLL_SECONDS = 0.25

_EVENT_COUNTS = "SELECT name, count(*) FROM events_event WHERE position > %s AND position <= %s GROUP BY name"
_SETTLED = "SELECT count(*) FROM events_delivery WHERE position > %s AND position <= %s AND run = 0"
_FIGURES = """
SELECT d.subscriber,
       count(*) FILTER (WHERE d.outcome = 'done'),
       count(*) FILTER (WHERE d.outcome <> 'done'),
       count(*) - count(DISTINCT d.position),
       percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY d.finished_at - e.occurred_at)
FROM events_delivery d JOIN events_event e USING (position)
WHERE d.position > %s AND d.position <= %s AND d.run = 0
GROUP BY d.subscriber
"""
_RETRYING = """
SELECT a.subscriber, count(DISTINCT a.position)
FROM events_attempt a
WHERE a.position > %s AND a.position <= %s AND a.run = 0 AND NOT EXISTS (
    SELECT FROM events_delivery d WHERE d.position = a.position AND d.subscriber = a.subscriber AND d.run = 0)
GROUP BY a.subscriber
"""
_OVERALL_LAG = """
SELECT percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY d.finished_at - e.occurred_at)
FROM events_delivery d JOIN events_event e USING (position)
WHERE d.position > %s AND d.position <= %s AND d.run = 0 AND d.outcome = 'done'
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events after one position up to another."""

    after: int
    upto: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What one subscriber has settled of what it wants; `repeated` counts deliveries settled more than once."""

    subscriber: str
    wanted: int
    done: int
    dead: int
    retrying: int
    repeated: int
    lag_ms: tuple[float, float, float]

    @property
    def waiting(self) -> int:
        """Neither settled nor failed yet."""
        return self.wanted - self.done - self.dead - self.retrying


def last_position() -> int:
    """The end of the log as it is now."""
    return int(_rows("SELECT coalesce(max(position), 0) FROM events_event")[0][0])


def progress(stretch: Stretch) -> list[Progress]:
    """By subscriber, in the order of their names."""
    wanted = _wanted(stretch)
    settled = {row[0]: row[1:] for row in _rows(_FIGURES, stretch)}
    retrying = dict(_rows(_RETRYING, stretch))
    return [
        _progress_of(subscriber, wanted[subscriber], settled.get(subscriber, (0, 0, 0, None)), retrying)
        for subscriber in sorted(wanted | settled.keys())
    ]


def overall_lag_ms(stretch: Stretch) -> tuple[float, float, float]:
    """p50, p95 and p99 over all subscribers."""
    return _milliseconds(_rows(_OVERALL_LAG, stretch)[0][0])


def wait_until_settled(stretch: Stretch, patience_seconds: float, report: Callable[[int, int], None]) -> bool:
    """Wait until every delivery is settled, or until none was for so long; whether all are.

    `report` is told how many are settled, and how many there are.
    """
    wanted = _wanted(stretch).total()
    before, deadline = -1, 0.0
    while True:
        settled = int(_rows(_SETTLED, stretch)[0][0])
        report(settled, wanted)
        if settled >= wanted:
            return True
        if settled != before:
            before, deadline = settled, time.monotonic() + patience_seconds
        elif time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)


def _wanted(stretch: Stretch) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for name, count in _rows(_EVENT_COUNTS, stretch):
        for subscriber in catalogue.subscribers_of(name):
            wanted[subscriber.name] += count
    return wanted


def _progress_of(subscriber: str, wanted: int, settled: tuple[Any, ...], retrying: dict[str, int]) -> Progress:
    done, dead, repeated, lag = settled
    return Progress(subscriber, wanted, done, dead, retrying.get(subscriber, 0), repeated, _milliseconds(lag))


def _milliseconds(lags: list[timedelta] | None) -> tuple[float, float, float]:
    p50, p95, p99 = (lag.total_seconds() * 1000 for lag in lags) if lags else (0.0, 0.0, 0.0)
    return p50, p95, p99


def _rows(statement: str, stretch: Stretch | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [stretch.after, stretch.upto] if stretch else None)
        return cursor.fetchall()
