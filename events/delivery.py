"""Delivery: one event, one subscriber, once.

run ─▶ settle                database effects: one transaction; whoever settles second is rolled back whole
settled? ─▶ run ─▶ settle    external effects: the effect stands outside any transaction, at least once.
"""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from events.cause import Cause, caused_by
from events.errors import SubscriberAborted
from events.event import LoggedEvent
from events.models import Delivery, Outcome
from events.subscribers import Context, DeliveryKey, Subscriber

logger = logging.getLogger(__name__)

_SETTLE = """
INSERT INTO events_delivery
    (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, %s)
"""


def deliver(subscriber: Subscriber, event: LoggedEvent, run: int, attempt: int, worker: str) -> None:
    """Run a subscriber on an event, unless that was settled before. Raises what the subscriber raises, and then
    nothing of a database subscriber's effect is left."""
    context = Context.of(event, subscriber.name, run, attempt)
    cause = Cause(event.correlation_id, event.id, f"subscriber:{subscriber.name}", event.traceparent)
    with caused_by(cause):
        if subscriber.effects == "database":
            _deliver_once(subscriber, context, worker)
        else:
            _deliver_at_least_once(subscriber, context, worker)


def _deliver_once(subscriber: Subscriber, context: Context, worker: str) -> None:
    """Duplicates are rare, so nobody is asked beforehand: the unique delivery row, in the transaction of the effect,
    lets one of them commit. A duplicate may also stumble over what the first one wrote; that is no failure."""
    started_at = timezone.now()
    committed: list[bool] = []
    try:
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(True))
            _run(subscriber, context)
            _settle_done(context, started_at, worker, statement=_settle_and_commit())
    except Exception:
        if committed:
            logger.exception("%s is done, but what its subscriber left for after the commit failed", context.key)
        elif is_settled(context.key, context.position):
            _absorb(context)
        else:
            raise


def _deliver_at_least_once(subscriber: Subscriber, context: Context, worker: str) -> None:
    started_at = timezone.now()
    if is_settled(context.key, context.position):
        _absorb(context)
        return
    _run(subscriber, context)
    with suppress(IntegrityError):
        _settle_done(context, started_at, worker)


def _absorb(context: Context) -> None:
    logger.info("%s was settled before; this message was a duplicate", context.key)


def _run(subscriber: Subscriber, context: Context) -> None:
    try:
        subscriber.call(context)
    except (MemoryError, SystemExit) as error:
        # A Celery worker ends when a task raises one of these, and with late acknowledgement so does the next worker.
        raise SubscriberAborted(subscriber=subscriber.name, error=repr(error)) from error


def is_settled(key: DeliveryKey, position: int) -> bool:
    """Whether the delivery has its row."""
    return Delivery.objects.filter(event=position, subscriber=key.subscriber, run=key.run).exists()


def settle_dead(key: DeliveryKey, position: int, attempts: int, worker: str, fingerprint: str) -> None:
    """Append the row of a delivery that is given up. Raises IntegrityError when it is settled already."""
    _append(_SETTLE, [position, key.subscriber, key.run, Outcome.DEAD, attempts, timezone.now(), worker, fingerprint])


def _settle_done(context: Context, started_at: datetime, worker: str, statement: str = _SETTLE) -> None:
    row = [context.position, context.subscriber, context.run, Outcome.DONE.value, context.attempt]
    _append(statement, [*row, started_at, worker, ""])


def _append(statement: str, row: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, row)


def _settle_and_commit() -> str:
    """COMMIT travels with the row, and Django's own commit then finds nothing left to do: a small delivery waits for
    the database one time in five less. Not inside somebody else's transaction, and not where the driver takes one
    statement at a time."""
    takes_one_statement = connection.features.uses_server_side_binding  # type: ignore[attr-defined]
    alone = not connection.savepoint_ids and not takes_one_statement
    return f"{_SETTLE}; COMMIT" if alone else _SETTLE
