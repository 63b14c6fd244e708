"""The Celery task of each subscriber."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery, Task

from events import catalogue
from events.delivery import deliver
from events.event import LoggedEvent
from events.failure import Failure
from events.retry import record_attempt
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
        deliver(self.subscriber, LoggedEvent.from_message(event), run, self.request.retries + 1, self.request.hostname)

    def on_retry(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Keep the failed try. The retry is on its way already: whatever goes wrong here must not end the delivery."""
        delay_seconds = getattr(einfo.exception, "when", None) or self.default_retry_delay
        next_try_at = datetime.now(UTC) + timedelta(seconds=delay_seconds)
        try:
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
