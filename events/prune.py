"""Pruning: settled deliveries and their attempts go when they are old; the log stays unless the settings say otherwise.

Small batches, each in a transaction of its own, so that nobody waits for one. What was pruned stays settled: the
subscription's settled position stands for it. An open dead letter is never pruned. Snapshots go when no fold reads them
any more, and what arrived for sagas when these are over.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from events import catalogue
from events.conf import events_settings

#: How many rows one transaction looks at.
_BATCH_COUNT = 500

_DELIVERIES = """
WITH batch AS MATERIALIZED (SELECT * FROM events_delivery WHERE id > %(after)s ORDER BY id LIMIT %(limit)s),
prunable AS MATERIALIZED (
    SELECT batch.id, batch.position, batch.subscriber, batch.run, batch.outcome
    FROM batch LEFT JOIN events_subscription s USING (subscriber) LEFT JOIN events_event e USING (position)
    WHERE batch.finished_at < %(before)s
      AND NOT EXISTS (SELECT FROM events_replayitem i  -- whose replay has not noticed its result yet
                      WHERE i.position = batch.position AND i.subscriber = batch.subscriber AND i.run = batch.run
                        AND i.state = 'sent')
      AND (s.subscriber IS NULL OR e.position IS NULL
           OR (e.xid, e.position) <= (s.settled_xid, s.settled_position))
      AND NOT EXISTS (SELECT FROM events_delivery earlier  -- a dead letter that was kept: this is what resolved it
                      WHERE earlier.position = batch.position AND earlier.subscriber = batch.subscriber
                        AND earlier.run < batch.run AND earlier.outcome = 'dead' AND earlier.id <= %(after)s)
      AND (batch.outcome <> 'dead' OR EXISTS (
          SELECT FROM events_delivery later
          WHERE later.position = batch.position AND later.subscriber = batch.subscriber AND later.run > batch.run
            AND later.outcome <> 'dead' AND later.finished_at < %(before)s))),
noted AS (
    UPDATE events_subscription SET pruned_at = %(now)s
    WHERE pruned_at IS NULL AND subscriber IN (SELECT subscriber FROM prunable)),
attempts AS (
    DELETE FROM events_attempt a USING prunable p
    WHERE a.position = p.position AND a.subscriber = p.subscriber AND a.run = p.run RETURNING a.id),
letters AS (
    DELETE FROM django_celery_results_taskresult t USING prunable p JOIN events_event e USING (position)
    WHERE p.outcome = 'dead' AND t.task_id = e.id || ':' || p.subscriber || ':' || p.run),
deliveries AS (DELETE FROM events_delivery d USING prunable p WHERE d.id = p.id RETURNING d.id)
SELECT (SELECT max(id) FROM batch), (SELECT max(finished_at) FROM batch), (SELECT count(*) FROM deliveries),
       (SELECT count(*) FROM attempts)
"""
# The last event of a stream stays, because the next one is numbered after it.
_EVENTS = """
WITH batch AS MATERIALIZED (SELECT * FROM events_event WHERE position > %(after)s ORDER BY position LIMIT %(limit)s),
pruned AS (
    DELETE FROM events_event e USING batch WHERE e.position = batch.position AND batch.occurred_at < %(before)s
      AND NOT EXISTS (SELECT FROM events_subscription s
                      WHERE (batch.xid, batch.position) > (s.settled_xid, s.settled_position))
      AND NOT EXISTS (SELECT FROM events_delivery d WHERE d.position = batch.position)
      AND NOT EXISTS (SELECT FROM events_replayitem i
                      WHERE i.position = batch.position AND i.state IN ('waiting', 'sent'))
      AND NOT EXISTS (SELECT FROM events_outbox o WHERE o.position = batch.position)
      AND NOT EXISTS (SELECT FROM events_sagaarrival a WHERE a.position = batch.position)
      AND EXISTS (SELECT FROM events_event later
                  WHERE later.stream = batch.stream AND later.stream_version > batch.stream_version)
    RETURNING e.position)
SELECT (SELECT max(position) FROM batch), (SELECT max(occurred_at) FROM batch), (SELECT count(*) FROM pruned)
"""
_ITEMS = """
DELETE FROM events_replayitem WHERE id IN (
    SELECT i.id FROM events_replayitem i JOIN events_replay r ON r.id = i.replay_id
    WHERE r.state IN ('finished', 'cancelled') AND r.finished_at < %(before)s
      AND NOT EXISTS (SELECT FROM events_delivery d  -- an open letter remembers how often it was replayed
                      WHERE d.position = i.position AND d.subscriber = i.subscriber AND d.run = i.run
                        AND d.outcome = 'dead') LIMIT %(limit)s)
"""

# No fold of this code reads them; an older or a newer code that runs beside it may have taken them a moment ago.
_SNAPSHOTS = """
DELETE FROM events_snapshot WHERE id IN (
    SELECT id FROM events_snapshot
    WHERE (fold, code) NOT IN (SELECT * FROM unnest(%(folds)s::text[], %(codes)s::text[])) AND taken_at < %(before)s
    LIMIT %(limit)s)
"""

# What sagas that are still under way wait for, or will, is kept however old it is.
_ARRIVALS = """
DELETE FROM events_sagaarrival WHERE id IN (
    SELECT arrival.id FROM events_sagaarrival arrival LEFT JOIN events_saga saga USING (name, key)
    WHERE arrival.arrived_at < %(before)s AND (saga.id IS NULL OR saga.state IN ('completed', 'compensated'))
    LIMIT %(limit)s)
"""

_FINISHED_TASKS = "DELETE FROM events_finishedtask WHERE finished_at < %(before)s"

Report = Callable[[Counter[str]], object]


def prune(now: datetime, report: Report = lambda pruned: None) -> Counter[str]:
    """Delete what the settings allow; how many rows of each kind. `report` is told after every batch."""
    settings, pruned = events_settings(), Counter[str]()
    # Messages that old are refused for their age.
    _run_alone(_FINISHED_TASKS, {"before": now - 2 * timedelta(seconds=settings.message_max_age_seconds)})
    _prune_snapshots(now - timedelta(days=1), pruned, report)
    if settings.delivery_retention_days is not None:
        before = now - timedelta(days=settings.delivery_retention_days)
        _prune_deliveries(now, before, pruned, report)
        _prune_items(before, pruned, report)
        _repeat(_ARRIVALS, {"before": before}, "arrivals", pruned, report)
    if settings.log_retention_days is not None:
        _prune_log(now - timedelta(days=settings.log_retention_days), pruned, report)
    return pruned


def _prune_deliveries(now: datetime, before: datetime, pruned: Counter[str], report: Report) -> None:
    after: int | None = 0
    while after is not None:
        values = {"after": after, "limit": _BATCH_COUNT, "before": before, "now": now}
        after, newest, deliveries, attempts = _run(_DELIVERIES, values)
        pruned.update(deliveries=deliveries, attempts=attempts)
        report(pruned)
        if newest is None or newest >= before:
            return  # rows are appended: what follows is younger


def _prune_log(before: datetime, pruned: Counter[str], report: Report) -> None:
    after: int | None = 0
    while after is not None:
        after, newest, events = _run(_EVENTS, {"after": after, "limit": _BATCH_COUNT, "before": before}, in_log=True)
        pruned.update(events=events)
        report(pruned)
        if newest is None or newest >= before:
            return


def _prune_items(before: datetime, pruned: Counter[str], report: Report) -> None:
    _repeat(_ITEMS, {"before": before}, "items", pruned, report)


def _prune_snapshots(before: datetime, pruned: Counter[str], report: Report) -> None:
    folds = catalogue.folds()
    read = {"folds": [fold.name for fold in folds], "codes": [fold.code for fold in folds]}
    _repeat(_SNAPSHOTS, read | {"before": before}, "snapshots", pruned, report)


def _repeat(statement: str, values: dict[str, Any], kind: str, pruned: Counter[str], report: Report) -> None:
    while True:
        count = _run_alone(statement, values | {"limit": _BATCH_COUNT})
        pruned.update({kind: count})
        if count:
            report(pruned)
        if count < _BATCH_COUNT:
            return


def _run_alone(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


@transaction.atomic
def _run(statement: str, values: dict[str, Any], in_log: bool = False) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        # Nobody moves a settled position meanwhile; the next statement sees what it is now.
        cursor.execute("SELECT FROM events_subscription ORDER BY subscriber FOR UPDATE")
        if in_log:
            cursor.execute("SET LOCAL events.pruning = 'on'")
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
