"""Dead letters: deliveries that ran out of attempts or were rejected, with a FAILURE row in TaskResult."""

import json

from django.db import IntegrityError, transaction
from django_celery_results.models import TaskResult

from events.delivery import is_settled, settle_dead
from events.failure import Failure
from events.models import Event
from events.retry import failed_count, record_attempt
from events.subscribers import DeliveryKey


def bury(key: DeliveryKey, position: int, failure: Failure, worker: str) -> bool:
    """Settle a delivery as dead: last attempt, delivery and TaskResult in one transaction.

    False, and nothing is written, when the delivery was settled before: a late failure never hides a success, and a
    failure that is reported twice counts once.
    """
    attempts = 1 + failed_count(key, position)
    try:
        with transaction.atomic():
            settle_dead(key, position, attempts, worker, failure.fingerprint)
            record_attempt(key, position, failure, worker, next_try_at=None)
            _store_task_result(key, position, failure, worker)
    except IntegrityError:
        if is_settled(key, position):
            return False
        raise
    return True


def _store_task_result(key: DeliveryKey, position: int, failure: Failure, worker: str) -> None:
    event = Event.objects.get(position=position)
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
