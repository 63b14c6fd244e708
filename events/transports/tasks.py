"""The Celery task of each subscriber."""

import logging
from datetime import timedelta
from typing import Any

from celery import Celery, Task
from celery.exceptions import Ignore, Reject
from django.db import transaction

from events import catalogue, outbox
from events.connections import database_now
from events.delivery import deliver, is_settled
from events.errors import WorkerDied
from events.event import LoggedEvent
from events.failpoints import reach
from events.failure import Failure
from events.retry import failed_count, record_attempt
from events.subscribers import DeliveryKey, Subscriber

logger = logging.getLogger(__name__)


class SubscriberTask(Task):
    """Delivers events to one subscriber, and carries its options as Celery's own."""

    acks_late = True
    retry_on_worker_lost = True
    ignore_result = True
    store_errors_even_if_ignored = True
    autoretry_for = (Exception,)
    retry_jitter = True

    def __init__(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self.name = subscriber.name
        self.__doc__ = subscriber.function.__doc__
        self.queue = subscriber.queue
        self.max_retries = subscriber.max_retries
        self.retry_backoff = subscriber.backoff_seconds
        self.retry_backoff_max = subscriber.backoff_cap_seconds
        # The wait after a lost process, for which Celery knows no backoff.
        self.default_retry_delay = subscriber.backoff_seconds
        self.dont_autoretry_for = subscriber.never_retried()
        self.soft_time_limit = subscriber.soft_time_limit_seconds
        self.time_limit = subscriber.time_limit_seconds

    def run(self, event: dict[str, Any], run: int) -> None:
        """Deliver the event. Raises what the subscriber raises, for Celery to retry or to give up."""
        logged = LoggedEvent.from_message(event)
        if (self.request.delivery_info or {}).get("redelivered"):
            self._count_lost_try(logged, run)
        deliver(self.subscriber, logged, run, self.request.retries + 1, self.request.hostname)

    def _count_lost_try(self, event: LoggedEvent, run: int) -> None:
        """The message came back, so whoever had it may have died of it: that is a try, counted before the next begins.
        Raises WorkerDied when it was the last."""
        key = DeliveryKey(event.id, self.name, run)
        if is_settled(key, event.position):
            return
        failed, lost = failed_count(key, event.position), WorkerDied()
        if failed >= self.max_retries:
            raise lost
        record_attempt(key, event.position, Failure.of(lost), self.request.hostname, next_try_at=database_now())
        self.request.retries = failed + 1

    def retry(self, *args: Any, exc: Exception | None = None, countdown: float | None = None, **options: Any) -> Any:
        """As Celery's own, but for a broker that refuses the retry: Celery would end the task then. Raises Ignore."""
        try:
            return super().retry(*args, exc=exc, countdown=countdown, **options)
        except Reject as refused:
            self._retry_from_outbox(exc or refused, countdown or self.default_retry_delay)
            raise Ignore from refused

    def _retry_from_outbox(self, error: Exception, delay_seconds: float) -> None:
        request = self.request
        key, position = DeliveryKey.parse(request.id), request.args[0]["position"]
        try:
            next_try_at = database_now() + timedelta(seconds=delay_seconds)
            with transaction.atomic():
                record_attempt(key, position, Failure.of(error), request.hostname, next_try_at)
                outbox.put(position, key.subscriber, key.run, next_try_at)
        except Exception:
            logger.exception("Neither broker nor database takes the retry of %s; it is left to be rescued", key)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """How Celery sends a retry."""
        reach("retry.before_send")
        result = super().apply_async(*args, **options)
        reach("retry.after_send")
        return result

    def on_retry(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Keep the failed try. The retry is on its way already: whatever goes wrong here must not end the delivery."""
        delay_seconds = getattr(einfo.exception, "when", None) or self.default_retry_delay
        try:
            next_try_at = database_now() + timedelta(seconds=delay_seconds)  # rescue waits for it by that clock
            failure, key = Failure.of(exc, einfo.traceback), DeliveryKey.parse(task_id)
            record_attempt(key, args[0]["position"], failure, self.request.hostname, next_try_at)
        except Exception:
            logger.exception("The failed attempt of %s could not be recorded", task_id)


def register(app: Celery) -> None:
    """Give the app a task for every subscriber in the catalogue."""
    for subscriber in catalogue.subscribers():
        if subscriber.name not in app.tasks:
            app.register_task(SubscriberTask(subscriber))


def queues() -> set[str]:
    """The queues that subscribers are published to."""
    return {subscriber.queue for subscriber in catalogue.subscribers()}
