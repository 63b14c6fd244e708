"""Dead letters: deliveries that ran out of attempts or were rejected, with a FAILURE row in TaskResult."""

import json

from django.db import transaction
from django.utils import timezone
from django_celery_results.models import TaskResult

from events.delivery import settle
from events.failure import Failure
from events.models import Event, Outcome
from events.retry import failed_count, record_attempt
from events.subscribers import DeliveryKey


def bury(key: DeliveryKey, position: int, failure: Failure, worker: str) -> bool:
    """Settle a delivery as dead: last attempt, delivery and TaskResult in one transaction.

    False, and nothing is written, when the delivery was settled before: a late failure never hides a success, and a
    failure that is reported twice counts once.
    """
    with transaction.atomic():
        attempts = 1 + failed_count(key, position)
        now = timezone.now()
        if not settle(key, position, Outcome.DEAD, attempts, now, worker, failure.fingerprint):
            return False
        record_attempt(key, position, failure, worker, next_try_at=None)
        _store_task_result(key, position, failure, worker)
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
