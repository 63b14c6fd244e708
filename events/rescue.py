"""Rescue: the log is compared with the deliveries, and what the broker lost is sent again.

Each subscription reads what lies above its settled position and below the oldest running transaction. There nothing can
appear behind its back any more: the order of the log is (xid, position).
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from events import catalogue
from events.conf import events_settings
from events.dead_letters import bury
from events.errors import MessageLost
from events.failpoints import reach
from events.failure import Failure
from events.models import Subscription
from events.subscribers import DeliveryKey, Subscriber
from events.subscriptions import enroll
from events.transports import current_transport

logger = logging.getLogger(__name__)

#: How many events one look at a subscription reads.
_WINDOW_COUNT = 20_000
_ERROR_CLASS = f"{MessageLost.__module__}.{MessageLost.__qualname__}"

_WINDOW = """
wanted AS MATERIALIZED (
    SELECT xid, position, id, stream, stream_version, occurred_at FROM events_event
    WHERE (xid, position) > (%(xid)s, %(position)s) AND xid < events_horizon()
      AND (%(names)s::text[] IS NULL OR name = ANY (%(names)s::text[]))
    ORDER BY xid, position LIMIT %(limit)s),
missing AS MATERIALIZED (
    SELECT * FROM wanted WHERE NOT EXISTS (
        SELECT FROM events_delivery d
        WHERE d.position = wanted.position AND d.subscriber = %(subscriber)s AND d.run = 0))
"""
# What was sent: how far the window reaches, whether that is the end, and its first event that is not settled.
_LOOK = f"""
WITH {_WINDOW},
ending AS (SELECT xid, position FROM wanted ORDER BY xid DESC, position DESC LIMIT 1),
first AS (SELECT xid, position FROM missing ORDER BY xid, position LIMIT 1)
SELECT coalesce(ending.xid, 0), coalesce(ending.position, 0), (SELECT count(*) FROM wanted), events_horizon(),
       first.xid, first.position
FROM (SELECT) one LEFT JOIN ending ON true LEFT JOIN first ON true
"""
_LOST = f"""
WITH {_WINDOW},
heard_of AS (
    SELECT missing.*, attempts.rescue_count, attempts.last_number,
           row_number() OVER (PARTITION BY stream ORDER BY stream_version) AS place_in_lane,
           greatest(missing.occurred_at, attempts.expected_at,
                    CASE WHEN xid <= %(catch_up_to_xid)s OR %(catch_up_to_xid)s = 0
                         THEN %(caught_up_at)s::timestamptz END
           ) AS expected_at
    FROM missing CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE NOT spent AND number > 0) AS rescue_count,
               coalesce(max(number), 0) AS last_number,
               max(coalesce(next_try_at, failed_at)) AS expected_at
        FROM events_attempt a WHERE a.position = missing.position AND a.subscriber = %(subscriber)s AND a.run = 0
    ) attempts),
lost AS MATERIALIZED (
    SELECT * FROM heard_of
    WHERE expected_at < %(cutoff)s
      AND ((xid, position) <= (%(catch_up_xid)s, %(catch_up_position)s) OR xid > %(catch_up_to_xid)s)
      AND NOT EXISTS (SELECT FROM events_outbox o WHERE o.position = heard_of.position AND o.run = 0
                      AND (o.subscriber IS NULL OR o.subscriber = %(subscriber)s))
      AND (%(lane)s::text[] IS NULL
           OR place_in_lane = 1 AND NOT events_is_behind(position, %(subscriber)s, %(lane)s::text[]))),
sent AS (
    INSERT INTO events_outbox (position, subscriber, run)
    SELECT position, %(subscriber)s, 0 FROM lost WHERE rescue_count < %(rescue_limit)s ORDER BY xid, position),
noted AS (
    INSERT INTO events_attempt (position, subscriber, run, number, error_class, message, traceback, worker, failed_at,
                                next_try_at, spent)
    SELECT position, %(subscriber)s, 0, last_number + 1, %(error_class)s, %(message)s, '', '', %(now)s,
           %(now)s + make_interval(secs => %(after_seconds)s * 2 ^ rescue_count), false
    FROM lost WHERE rescue_count < %(rescue_limit)s
    ON CONFLICT DO NOTHING)
SELECT position, id, rescue_count < %(rescue_limit)s FROM lost
"""


@dataclass(frozen=True, slots=True)
class Look:
    """One window of the log: where it ended, whether more follows, and the last point before anything unsettled."""

    end: tuple[int, int]
    is_last: bool
    settled: tuple[int, int]
    is_settled: bool


def rescue(now: datetime) -> Counter[str]:
    """Move every subscription's settled position, and send again what was lost; how many deliveries, by subscriber.

    Harmless at any time, and twice at once: what was not lost after all is absorbed as a duplicate.
    """
    enroll()
    rescued, errors = Counter[str](), []
    for subscriber in catalogue.subscribers():
        try:
            rescued[subscriber.name] += _rescue(subscriber, now)
        except Exception as error:  # of one, which is no reason to leave the others
            errors.append(error)
    if errors:
        raise errors[0]
    return +rescued


def _rescue(subscriber: Subscriber, now: datetime) -> int:
    start = Subscription.objects.values_list("settled_xid", "settled_position").get(subscriber=subscriber.name)
    floor, rescued, advancing, is_last = start, 0, True, False
    while not is_last:
        with transaction.atomic():
            subscription = Subscription.objects.select_for_update().get(subscriber=subscriber.name)
            settled = subscription.settled_xid, subscription.settled_position
            if settled < floor:
                break  # put back to the beginning meanwhile, and the next rescue begins there
            look = _look(subscriber, start)
            if advancing and look.settled > settled:
                floor = subscription.settled_xid, subscription.settled_position = look.settled
                subscription.save(update_fields=["settled_xid", "settled_position"])
            if not look.is_settled and subscription.paused_at:
                break  # nothing to send, and nothing to move
            if not look.is_settled:
                reach("rescue.before_send")
                rescued += _send_lost(subscriber, subscription, start, now)
        start, advancing, is_last = look.end, advancing and look.is_settled, look.is_last
    if rescued:
        reach("rescue.after_commit")
        logger.warning("Sent %s deliveries of %s again: nothing was heard of them", rescued, subscriber.name)
    return rescued


def _look(subscriber: Subscriber, start: tuple[int, int]) -> Look:
    xid, position, count, horizon, missing_xid, missing_position = _rows(_LOOK, _window(subscriber, start))[0]
    is_last = count < _WINDOW_COUNT
    # Below the horizon there is nothing else: the next look begins there.
    end = max((horizon, 0), start) if is_last else (xid, position)
    if missing_xid is None:
        return Look(end, is_last, end, True)
    return Look(end, is_last, (missing_xid, missing_position - 1), False)


def _send_lost(subscriber: Subscriber, subscription: Subscription, start: tuple[int, int], now: datetime) -> int:
    settings = events_settings()
    waiting_since = current_transport().waiting_since(subscriber.queue)
    quiet_since = now - timedelta(seconds=settings.rescue_after_seconds)
    lost = _rows(
        _LOST,
        _window(subscriber, start)
        | {
            # What was sent after the oldest message that still waits in the queue may be waiting behind it.
            "cutoff": min(quiet_since, waiting_since) if waiting_since else quiet_since,
            "caught_up_at": subscription.caught_up_at,
            "catch_up_xid": subscription.catch_up_xid,
            "catch_up_position": subscription.catch_up_position,
            "catch_up_to_xid": subscription.catch_up_to_xid or 0,
            "lane": subscriber.lane,
            "now": now,
            "after_seconds": settings.rescue_after_seconds,
            "rescue_limit": settings.rescue_limit,
            "error_class": _ERROR_CLASS,
            "message": str(MessageLost(seconds=settings.rescue_after_seconds)),
        },
    )
    if lost:
        reach("rescue.after_send")
    for position, event_id, _ in (row for row in lost if not row[2]):
        _give_up(DeliveryKey(event_id, subscriber.name), position)
    return sum(was_sent for _, _, was_sent in lost)


def _give_up(key: DeliveryKey, position: int) -> None:
    """Sent again and again, and never heard of: it may be what ends every worker that takes it."""
    settings = events_settings()
    bury(key, position, Failure.of(MessageLost(seconds=settings.rescue_after_seconds * 2**settings.rescue_limit)), "")


def _window(subscriber: Subscriber, start: tuple[int, int]) -> dict[str, Any]:
    return {
        "xid": start[0],
        "position": start[1],
        "names": subscriber.wanted_names,
        "subscriber": subscriber.name,
        "limit": _WINDOW_COUNT,
    }


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
