"""Items that were sent and of which nothing was heard any more are sent again, like rescue does with first runs."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from events import catalogue, subscriptions
from events.conf import events_settings
from events.dead_letters import bury
from events.errors import MessageLost, UnknownSubscriber
from events.failure import Failure
from events.models import Replay, ReplayItem
from events.subscribers import DeliveryKey, Subscriber
from events.transports import current_transport

logger = logging.getLogger(__name__)

_LIMIT = 1_000
_ERROR_CLASS = f"{MessageLost.__module__}.{MessageLost.__qualname__}"

# What is behind something in its lane waits for that and is not lost.
_SEND_AGAIN = """
WITH lost AS MATERIALIZED (
    SELECT item.id, item.position, item.run, attempts.rescue_count, attempts.last_number
    FROM events_replayitem item CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE NOT spent AND number > 0) AS rescue_count,
               coalesce(max(number), 0) AS last_number,
               max(coalesce(next_try_at, failed_at)) AS expected_at
        FROM events_attempt a
        WHERE a.position = item.position AND a.subscriber = item.subscriber AND a.run = item.run) attempts
    WHERE item.replay_id = %(replay)s AND item.state = 'sent' AND item.subscriber = %(subscriber)s
      AND greatest(item.sent_at, attempts.expected_at) < %(cutoff)s
      AND NOT EXISTS (SELECT FROM events_delivery d WHERE d.position = item.position
                      AND d.subscriber = item.subscriber AND d.run = item.run)
      AND NOT EXISTS (SELECT FROM events_outbox o WHERE o.position = item.position
                      AND o.subscriber = item.subscriber AND o.run = item.run)
      AND (%(lane)s::text[] IS NULL OR NOT events_is_behind(item.position, item.subscriber, %(lane)s::text[]))
    ORDER BY item.id LIMIT %(limit)s),
sent AS (
    INSERT INTO events_outbox (position, subscriber, run)
    SELECT position, %(subscriber)s, run FROM lost WHERE rescue_count < %(rescue_limit)s ORDER BY id),
noted AS (
    INSERT INTO events_attempt (position, subscriber, run, number, error_class, message, traceback, worker, failed_at,
                                next_try_at, spent)
    SELECT position, %(subscriber)s, run, last_number + 1, %(error_class)s, %(message)s, '', '', %(now)s,
           %(now)s + make_interval(secs => %(after_seconds)s * 2 ^ rescue_count), false
    FROM lost WHERE rescue_count < %(rescue_limit)s
    ON CONFLICT DO NOTHING)
SELECT lost.position, e.id, lost.run, lost.rescue_count < %(rescue_limit)s
FROM lost JOIN events_event e USING (position)
"""


def send_lost_again(pk: int, now: datetime) -> None:
    """Do so for one replay. After some times in vain an item ends as a dead letter."""
    quiet_since = now - timedelta(seconds=events_settings().rescue_after_seconds)
    silent = ReplayItem.objects.filter(replay=pk, state=ReplayItem.State.SENT, sent_at__lt=quiet_since)
    paused = subscriptions.paused_names()
    for name in set(silent.values_list("subscriber", flat=True)) - paused:
        try:
            subscriber = catalogue.subscriber(name)
            waiting_since = current_transport().waiting_since(subscriber.queue)
        except UnknownSubscriber:
            continue  # a process that knows it may have taken it
        except Exception:
            logger.debug("The broker cannot be asked for how long messages of %s have waited", name, exc_info=True)
            continue
        cutoff = min(quiet_since, waiting_since) if waiting_since else quiet_since
        _send_again(pk, subscriber, cutoff, now)


@transaction.atomic
def _send_again(pk: int, subscriber: Subscriber, cutoff: datetime, now: datetime) -> None:
    running = Replay.objects.select_for_update(skip_locked=True).filter(pk=pk, state=Replay.State.RUNNING)
    if not running.exists():
        return
    lost = _rows(pk, subscriber, cutoff, now)
    if again := sum(was_sent for *_, was_sent in lost):
        logger.warning("Sent %s replayed deliveries of %s again: nothing was heard of them", again, subscriber.name)
    for position, event_id, run, was_sent in lost:
        if not was_sent:
            seconds = events_settings().rescue_after_seconds * 2 ** events_settings().rescue_limit
            key = DeliveryKey(event_id, subscriber.name, run)
            bury(key, position, Failure.of(MessageLost(seconds=seconds)), "")


def _rows(pk: int, subscriber: Subscriber, cutoff: datetime, now: datetime) -> list[tuple[int, UUID, int, bool]]:
    settings = events_settings()
    values: dict[str, Any] = {
        "replay": pk,
        "subscriber": subscriber.name,
        "lane": subscriber.lane,
        "cutoff": cutoff,
        "now": now,
        "limit": _LIMIT,
        "rescue_limit": settings.rescue_limit,
        "after_seconds": settings.rescue_after_seconds,
        "error_class": _ERROR_CLASS,
        "message": str(MessageLost(seconds=settings.rescue_after_seconds)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEND_AGAIN, values)
        return cursor.fetchall()
