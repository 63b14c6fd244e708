"""The flow by the minute: how many events of each name, how many deliveries of each subscriber. Counted in the back,
each row once, so that whoever looks reads a few small rows however long the log is.

    events        those below the log's horizon, in its order: none comes in between any more
    deliveries    by their numbers, up to one that was given out before the oldest running transaction began

What is counted and how far the counting is are written in one transaction: a crash loses both or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from events.conf import events_settings
from events.models import DeliveryMinute, EventMinute, FlowCount

#: How many rows one transaction counts, and how many transactions one call makes.
_BATCH_COUNT, _MOST_BATCHES = 50_000, 4

_COUNT_EVENTS = """
WITH batch AS MATERIALIZED (
    SELECT xid, position, name, date_trunc('minute', occurred_at, 'UTC') AS minute FROM events_event
    WHERE (xid, position) > (%(xid)s, %(position)s) AND xid < events_horizon()
    ORDER BY xid, position LIMIT %(limit)s),
counted AS (
    INSERT INTO events_eventminute AS known (minute, name, count)
    SELECT minute, name, count(*) FROM batch GROUP BY minute, name ORDER BY minute, name
    ON CONFLICT (minute, name) DO UPDATE SET count = known.count + excluded.count)
SELECT xid, position, (SELECT count(*) FROM batch) FROM batch ORDER BY xid DESC, position DESC LIMIT 1
"""
_COUNT_DELIVERIES = """
WITH batch AS MATERIALIZED (
    SELECT id, subscriber, outcome, date_trunc('minute', finished_at, 'UTC') AS minute FROM events_delivery
    WHERE id > %(after)s AND id <= %(upto)s ORDER BY id LIMIT %(limit)s),
counted AS (
    INSERT INTO events_deliveryminute AS known (minute, subscriber, done_count, dead_count, discarded_count)
    SELECT minute, subscriber, count(*) FILTER (WHERE outcome = 'done'), count(*) FILTER (WHERE outcome = 'dead'),
           count(*) FILTER (WHERE outcome = 'discarded')
    FROM batch GROUP BY minute, subscriber ORDER BY minute, subscriber
    ON CONFLICT (minute, subscriber) DO UPDATE SET done_count = known.done_count + excluded.done_count,
        dead_count = known.dead_count + excluded.dead_count,
        discarded_count = known.discarded_count + excluded.discarded_count)
SELECT max(id), count(*) FROM batch
"""
# The number first: who had one of them by then had begun by then. One that was never used says 1 as well.
_GIVEN_OUT = """
SELECT CASE WHEN is_called THEN last_value ELSE 0 END, clock_timestamp() FROM events_delivery_id_seq
"""
_IS_UNDECIDED = """
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                 AND xact_start <= %(at)s)
    OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
"""
_FORGET = "DELETE FROM {table} WHERE minute < %s"
_EVENTS = """
SELECT date_bin(%(stretch)s, minute, 'epoch') AS began_at, name, sum(count)::bigint FROM events_eventminute
WHERE minute >= %(first)s AND minute <= %(last)s GROUP BY began_at, name ORDER BY began_at, name
"""
_DELIVERIES = """
SELECT date_bin(%(stretch)s, minute, 'epoch') AS began_at, subscriber, sum(done_count)::bigint,
       sum(dead_count)::bigint, sum(discarded_count)::bigint
FROM events_deliveryminute
WHERE minute >= %(first)s AND minute <= %(last)s GROUP BY began_at, subscriber ORDER BY began_at, subscriber
"""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EventCount:
    """How many events of one name were logged in the stretch of time that begins then."""

    began_at: datetime
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """How many deliveries of one subscriber were settled in the stretch of time that begins then."""

    began_at: datetime
    subscriber: str
    done: int
    dead: int
    discarded: int


def count_flow(now: datetime) -> int:
    """Count what came and can be counted, and forget minutes that are older than the settings keep; how many rows were
    counted. Safe to repeat, also at once."""
    counted = 0
    for _batch in range(_MOST_BATCHES):
        events, deliveries = _count_batch()
        counted += events + deliveries
        if max(events, deliveries) < _BATCH_COUNT:
            break
    _forget(now)
    return counted


def events_by_time(first: datetime, last: datetime, stretch: timedelta = MINUTE) -> list[EventCount]:
    """Those of the minutes that began between two instants, added up by stretches of so many whole minutes, which begin
    where they divide the day, and by name. The newest seconds are not counted yet."""
    return [EventCount(*row) for row in _all(_EVENTS, {"first": first, "last": last, "stretch": stretch})]


def deliveries_by_time(first: datetime, last: datetime, stretch: timedelta = MINUTE) -> list[DeliveryCount]:
    """The same by subscriber."""
    return [DeliveryCount(*row) for row in _all(_DELIVERIES, {"first": first, "last": last, "stretch": stretch})]


@transaction.atomic
def _count_batch() -> tuple[int, int]:
    """How many events and deliveries were counted."""
    FlowCount.objects.bulk_create([FlowCount(pk=FlowCount.ONLY)], ignore_conflicts=True)
    so_far = FlowCount.objects.select_for_update().get(pk=FlowCount.ONLY)
    events = _count_events(so_far)
    deliveries = _count_deliveries(so_far)
    so_far.save()
    return events, deliveries


def _count_events(so_far: FlowCount) -> int:
    values = {"xid": so_far.events_xid, "position": so_far.events_position, "limit": _BATCH_COUNT}
    row = _one(_COUNT_EVENTS, values)
    if row is None:
        return 0
    so_far.events_xid, so_far.events_position, count = row
    return int(count)


def _count_deliveries(so_far: FlowCount) -> int:
    if so_far.given_id <= so_far.delivery_id:
        so_far.given_id, so_far.given_at = _one(_GIVEN_OUT, {})
        return 0
    if _one(_IS_UNDECIDED, {"at": so_far.given_at})[0]:
        return 0
    values = {"after": so_far.delivery_id, "upto": so_far.given_id, "limit": _BATCH_COUNT}
    last, count = _one(_COUNT_DELIVERIES, values)
    so_far.delivery_id = last if count == _BATCH_COUNT else so_far.given_id
    return int(count)


def _forget(now: datetime) -> None:
    days = events_settings().flow_retention_days
    if days is not None:
        for model in (EventMinute, DeliveryMinute):
            with connection.cursor() as cursor:
                cursor.execute(_FORGET.format(table=model._meta.db_table), [now - timedelta(days=days)])


def _one(statement: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def _all(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
