"""The inline transport: subscribers run in the process that publishes. For tests, and for a start without a broker.

Retries wait in the outbox, so `manage.py relay` can run them later.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from celery.utils.time import get_exponential_backoff_interval

from events import outbox
from events.connections import database_now
from events.dead_letters import bury
from events.delivery import deliver
from events.event import LoggedEvent
from events.failure import Failure
from events.retry import record_attempt
from events.transports import Message

logger = logging.getLogger(__name__)

WORKER = "inline"


class Transport:
    """Runs each subscriber by itself: the failure of one never stops another."""

    in_process = True

    def publish(self, messages: Sequence[Message]) -> None:
        """Deliver each message now."""
        for message in messages:
            _try(message, LoggedEvent.from_message(json.loads(message.event_json)))

    def waiting_since(self, queue: str) -> datetime | None:
        """Nothing waits."""
        return None


def _try(message: Message, event: LoggedEvent) -> None:
    attempt = 1 + message.retries
    try:
        deliver(message.subscriber, event, message.key.run, attempt, WORKER)
    except Exception as error:
        logger.warning("%s failed in attempt %s", message.key, attempt, exc_info=True)
        _settle_or_retry(message, event, attempt, error)


def _settle_or_retry(message: Message, event: LoggedEvent, attempt: int, error: Exception) -> None:
    subscriber, key = message.subscriber, message.key
    if attempt > subscriber.max_retries or isinstance(error, subscriber.never_retried()):
        bury(key, event.position, Failure.of(error), WORKER)
        return
    delay_seconds = get_exponential_backoff_interval(
        int(subscriber.backoff_seconds), attempt - 1, subscriber.backoff_cap_seconds, full_jitter=True
    )
    next_try_at = database_now() + timedelta(seconds=delay_seconds)
    record_attempt(key, event.position, Failure.of(error), WORKER, next_try_at)
    outbox.put(event.position, key.subscriber, key.run, next_try_at)
