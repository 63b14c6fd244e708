"""Dead letters: deliveries that ran out of attempts or were rejected, with a FAILURE row in TaskResult."""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.dispatch import Signal
from django_celery_results.models import TaskResult

from events import catalogue, people
from events.delivery import is_settled, settle_dead
from events.errors import UnknownSubscriber
from events.event import LoggedEvent
from events.failpoints import reach
from events.failure import Failure
from events.models import Event
from events.retry import failed_count, record_attempt
from events.subscribers import DeliveryKey, Subscriber

logger = logging.getLogger(__name__)

#: Sent in the transaction that settles a delivery as dead, once for each run that dies, with `delivery` (its
#: DeliveryKey), `event` (the LoggedEvent) and `failure`. What a receiver writes is committed with the dead letter. When
#: the database fails it, the dead letter is not written either, and both are tried again; any other error of a receiver
#: undoes what the receivers wrote and is logged, and the dead letter stands.
delivery_buried = Signal()

# An open letter is one that nothing was done about: no later run was settled. Of very many, the newest are looked at.
_GROUPS = """
SELECT fingerprint, count(*), min(finished_at), max(finished_at), array_agg(DISTINCT subscriber ORDER BY subscriber),
       bool_or(transient)
FROM (SELECT * FROM events_delivery WHERE outcome = 'dead' ORDER BY id DESC LIMIT %(newest)s) dead
WHERE NOT EXISTS (SELECT FROM events_delivery later WHERE later.position = dead.position
                  AND later.subscriber = dead.subscriber AND later.run > dead.run)
GROUP BY fingerprint ORDER BY count(*) DESC, max(finished_at) DESC
"""


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """Open dead letters whose errors are alike."""

    fingerprint: str
    count: int
    first_died_at: datetime
    last_died_at: datetime
    subscribers: tuple[str, ...]
    #: Whether some of them are expected to be replayed automatically.
    transient: bool


def error_groups(newest: int = 1_000_000) -> list[LetterGroup]:
    """The groups of open dead letters, the largest first; looks at so many of the newest dead deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"newest": newest})
        return [
            LetterGroup(fingerprint, count, first, last, tuple(subscribers), transient)
            for fingerprint, count, first, last, subscribers, transient in cursor.fetchall()
        ]


def bury(key: DeliveryKey, position: int, failure: Failure, worker: str) -> bool:
    """Settle a delivery as dead: last attempt, delivery and TaskResult in one transaction.

    False, and nothing is written, when the delivery was settled before: a late failure never hides a success, and a
    failure that is reported twice counts once.
    """
    reach("bury.before_settle")
    failure = failure.without_words() if people.is_about_erased(position) else failure
    attempts = 1 + failed_count(key, position)
    try:
        with transaction.atomic():
            settle_dead(key, position, attempts, worker, failure.fingerprint, _is_transient(key.subscriber, failure))
            record_attempt(key, position, failure, worker, next_try_at=None)
            event = Event.objects.get(position=position)
            _store_task_result(key, event, failure, worker)
            _tell(key, _logged(event), failure)
            reach("bury.after_settle")
    except IntegrityError:
        if is_settled(key, position):
            return False
        raise
    reach("bury.after_commit")
    return True


def _is_transient(name: str, failure: Failure) -> bool:
    """What a subscriber calls final stays dead until somebody looks at it."""
    subscriber = _known(name)
    if subscriber is None:
        return failure.is_transient()
    final = issubclass(failure.kind, subscriber.final_errors)
    declared = issubclass(failure.kind, subscriber.transient_errors)
    return subscriber.replayed_automatically and (declared or (failure.is_transient() and not final))


def _known(name: str) -> Subscriber | None:
    with suppress(UnknownSubscriber):
        return catalogue.subscriber(name)
    return None


def _logged(event: Event) -> LoggedEvent:
    return LoggedEvent(**{field.name: getattr(event, field.name) for field in fields(LoggedEvent)})


def _tell(key: DeliveryKey, event: LoggedEvent, failure: Failure) -> None:
    subscriber = _known(key.subscriber)
    if subscriber and subscriber.buried:
        subscriber.buried(event, failure)
    try:
        with transaction.atomic():
            delivery_buried.send(Event, delivery=key, event=event, failure=failure)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("%s is a dead letter, but a receiver of delivery_buried failed", key)


def _store_task_result(key: DeliveryKey, event: Event, failure: Failure, worker: str) -> None:
    module, _, name = failure.error_class.rpartition(".")
    result = {"exc_type": name, "exc_message": [failure.message], "exc_module": module or "builtins"}
    TaskResult.objects.store_result(
        content_type="application/json",
        content_encoding="utf-8",
        task_id=str(key),
        result=json.dumps(result),
        status="FAILURE",
        traceback=failure.traceback,
        meta=json.dumps({"children": []}),
        task_name=key.subscriber,
        task_args=json.dumps([{"name": event.name, "stream": event.stream, "payload": event.payload}, key.run]),
        task_kwargs="{}",
        worker=worker,
    )
