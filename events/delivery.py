"""Delivery: one event, one subscriber, once.

claim ─▶ run ─▶ settle        database effects: all of it in one transaction
claim, run, settle            external effects: run outside any transaction, at least once
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from events import outbox
from events.cause import Cause, caused_by
from events.conf import events_settings
from events.errors import AlreadySettled, SubscriberAborted
from events.event import LoggedEvent
from events.models import Outcome
from events.subscribers import Context, DeliveryKey, Subscriber

# The lock only saves work: it ends with the transaction, and the unique delivery row is what guarantees once.
_CLAIM = """
SELECT EXISTS (SELECT FROM events_delivery WHERE position = %s AND subscriber = %s AND run = %s),
       pg_try_advisory_xact_lock(hashtextextended(%s, 0))
"""
_SETTLE = """
INSERT INTO events_delivery
    (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, %s)
ON CONFLICT (position, subscriber, run) DO NOTHING
"""


class Ending(Enum):
    """How a try ended that did not fail."""

    DONE = "done"
    DUPLICATE = "duplicate"
    BUSY = "busy"


def deliver(subscriber: Subscriber, event: LoggedEvent, run: int, attempt: int, worker: str) -> Ending:
    """Run a subscriber on an event, unless that was settled before. Raises what the subscriber raises, and then
    nothing of a database subscriber's effect is left."""
    context = Context.of(event, subscriber.name, run, attempt)
    cause = Cause(event.correlation_id, event.id, f"subscriber:{subscriber.name}", event.traceparent)
    with caused_by(cause):
        if subscriber.effects == "database":
            return _deliver_once(subscriber, context, worker)
        return _deliver_at_least_once(subscriber, context, worker)


def _deliver_once(subscriber: Subscriber, context: Context, worker: str) -> Ending:
    started_at = timezone.now()
    try:
        with transaction.atomic():
            ending = _claim(context)
            if ending is Ending.DONE:
                _run(subscriber, context)
                if not _settle_done(context, started_at, worker):
                    raise AlreadySettled(key=context.key)
            return ending
    except AlreadySettled:
        return Ending.DUPLICATE


def _deliver_at_least_once(subscriber: Subscriber, context: Context, worker: str) -> Ending:
    started_at = timezone.now()
    with transaction.atomic():
        ending = _claim(context)
    if ending is Ending.DONE:
        _run(subscriber, context)
        _settle_done(context, started_at, worker)
    return ending


def _claim(context: Context) -> Ending:
    """DONE when this try may go on to be it."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [context.position, context.subscriber, context.run, str(context.key)])
        settled, free = cursor.fetchone()
    if settled:
        return Ending.DUPLICATE
    if not free:
        return _come_back(context)
    return Ending.DONE


def _come_back(context: Context) -> Ending:
    """Another process is running this very delivery and may still fail: look again later, without spending a try."""
    later = timezone.now() + timedelta(seconds=events_settings().busy_delay_seconds)
    outbox.put(context.position, context.subscriber, context.run, later)
    return Ending.BUSY


def _run(subscriber: Subscriber, context: Context) -> None:
    try:
        subscriber.call(context)
    except (MemoryError, SystemExit) as error:
        # A Celery worker ends when a task raises one of these, and with late acknowledgement so does the next worker.
        raise SubscriberAborted(subscriber=subscriber.name, error=repr(error)) from error


def _settle_done(context: Context, started_at: datetime, worker: str) -> bool:
    return settle(context.key, context.position, Outcome.DONE, context.attempt, started_at, worker)


def settle(
    key: DeliveryKey,
    position: int,
    outcome: Outcome,
    attempts: int,
    started_at: datetime,
    worker: str,
    fingerprint: str = "",
) -> bool:
    """Append the delivery row. False when there is one already."""
    row: list[Any] = [position, key.subscriber, key.run, outcome.value, attempts, started_at, worker, fingerprint]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, row)
        return cursor.rowcount == 1
