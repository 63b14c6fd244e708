"""Delivery: one event, one subscriber, once.

run ─▶ settle                database effects: one transaction; whoever settles second is rolled back whole
settled? ─▶ run ─▶ settle    external effects: the effect stands outside any transaction, at least once

A delivery that has to wait, for its turn in the lane or for a state that is not there yet, ends without a trace and
spends no try.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from events import lanes, outbox
from events.cause import Cause, caused_by
from events.conf import events_settings
from events.connections import database_now
from events.errors import Snooze, SubscriberAborted, UnknownEvent
from events.event import Event, LoggedEvent
from events.failpoints import reach
from events.failure import Failure
from events.models import Outcome
from events.retry import note_snooze
from events.subscribers import Context, DeliveryKey, Subscriber
from events.subscriptions import is_paused

logger = logging.getLogger(__name__)

_APPEND = """
INSERT INTO events_delivery
    (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, '')
"""
_SETTLE = "SELECT events_settle(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_IS_SETTLED = """
SELECT events_is_closed(%(position)s, %(subscriber)s, %(run)s) OR EXISTS (
    SELECT FROM events_delivery WHERE position = %(position)s AND subscriber = %(subscriber)s AND run = %(run)s)
"""
#: No delivery row is pruned before it is a day old: so far back, the unique row alone tells duplicates.
ROW_IS_PROOF_FOR = timedelta(hours=1)
_LONGEST_SNOOZE_OF_UNKNOWN_VERSION_SECONDS = 10.0


def deliver(subscriber: Subscriber, event: LoggedEvent, run: int, attempt: int, worker: str) -> None:
    """Run a subscriber on an event, unless that was settled before, or has to wait. Raises what the subscriber raises,
    and then nothing of a database subscriber's effect is left."""
    if is_paused(subscriber.name):
        return  # nothing is lost: what is not settled is caught up with when the subscriber is resumed
    context = Context.of(event, subscriber.name, run, attempt)
    cause = Cause(event.correlation_id, event.id, f"subscriber:{subscriber.name}", event.traceparent)
    with caused_by(cause):
        try:
            if subscriber.effects == "database":
                _deliver_once(subscriber, context, worker)
            else:
                _deliver_at_least_once(subscriber, context, worker)
        except Snooze as snooze:
            _put_back(context, snooze)
    reach("deliver.after_commit")


def _deliver_once(subscriber: Subscriber, context: Context, worker: str) -> None:
    """Duplicates are rare, so nobody is asked beforehand: the unique delivery row, in the transaction of the effect,
    lets one of them commit. A duplicate may also stumble over what the first one wrote; that is no failure."""
    started_at = timezone.now()
    committed: list[bool] = []
    try:
        with transaction.atomic():
            if not lanes.is_its_turn(context, subscriber):
                return
            transaction.on_commit(lambda: committed.append(True))
            _follow(subscriber, context, _run(subscriber, context))
            _settle_done(subscriber, context, started_at, worker, ending=_commit_at_once())
    except Exception:
        if committed:
            logger.exception("%s is done, but what its subscriber left for after the commit failed", context.key)
        elif is_settled(context.key, context.position):
            _absorb(context)
        else:
            raise


def _deliver_at_least_once(subscriber: Subscriber, context: Context, worker: str) -> None:
    with lanes.held(context, subscriber):
        if is_settled(context.key, context.position):
            _absorb(context)
            return
        if not lanes.is_its_turn(context, subscriber):
            return
        started_at = timezone.now()
        returned = _run(subscriber, context)
        try:
            with transaction.atomic():
                _follow(subscriber, context, returned)
                _settle_done(subscriber, context, started_at, worker)
        except IntegrityError:
            if not is_settled(context.key, context.position):
                raise


def _absorb(context: Context) -> None:
    logger.info("%s was settled before; this message was a duplicate", context.key)


def _put_back(context: Context, snooze: Snooze) -> None:
    available_at = database_now() + timedelta(seconds=snooze.data["seconds"])
    with transaction.atomic():
        note_snooze(context.key, context.position, Failure.of(snooze).message, available_at)
        outbox.put(context.position, context.subscriber, context.run, available_at)
    logger.info("%s: %s", context.key, snooze)


def _run(subscriber: Subscriber, context: Context) -> Any:
    event = _typed(context)
    reach("deliver.before_run")
    try:
        returned = subscriber.call(event, context)
    except (MemoryError, SystemExit) as error:
        # A Celery worker ends when a task raises one of these, and with late acknowledgement so does the next worker.
        raise SubscriberAborted(subscriber=subscriber.name, error=repr(error)) from error
    reach("deliver.after_run")
    return returned


def _follow(subscriber: Subscriber, context: Context, returned: Any) -> None:
    if subscriber.then:
        subscriber.then(returned, context)


def _typed(context: Context) -> Event:
    """While a new version of the code is rolled out, workers of the old one meet events that they do not know yet."""
    try:
        return context.typed()
    except UnknownEvent as error:
        patience_seconds = events_settings().unknown_version_patience_seconds
        if database_now() - context.occurred_at > timedelta(seconds=patience_seconds):
            raise
        raise Snooze(min(patience_seconds / 10, _LONGEST_SNOOZE_OF_UNKNOWN_VERSION_SECONDS), str(error)) from error


def is_settled(key: DeliveryKey, position: int) -> bool:
    """Whether the delivery has its row, or had one that was pruned."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_SETTLED, {"position": position, "subscriber": key.subscriber, "run": key.run})
        (settled,) = cursor.fetchone()
    return bool(settled)


def settle_dead(
    key: DeliveryKey, position: int, attempts: int, worker: str, fingerprint: str, transient: bool = False
) -> None:
    """Append the row of a delivery that is given up. Raises IntegrityError when it is settled already."""
    lanes.hold_off_swap(key.subscriber)
    row = [position, key.subscriber, key.run, Outcome.DEAD.value, attempts, timezone.now(), worker]
    _execute(_SETTLE, [*row, fingerprint, transient, None])


def _settle_done(subscriber: Subscriber, context: Context, started_at: datetime, worker: str, ending: str = "") -> None:
    row = [context.position, context.subscriber, context.run, Outcome.DONE.value, context.attempt, started_at, worker]
    if context.run == 0 and not subscriber.ordered and timezone.now() - context.occurred_at < ROW_IS_PROOF_FOR:
        _execute(_APPEND + ending, row)
    else:
        _execute(_SETTLE + ending, [*row, "", False, subscriber.lane])
    reach("deliver.after_settle")


def _execute(statement: str, row: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, row)


def _commit_at_once() -> str:
    """COMMIT travels with the row, and Django's own commit then finds nothing left to do: a small delivery waits for
    the database one time in five less. Not inside somebody else's transaction, and not where the driver takes one
    statement at a time."""
    takes_one_statement = connection.features.uses_server_side_binding  # type: ignore[attr-defined]
    return "" if connection.savepoint_ids or takes_one_statement else "; COMMIT"
