"""Catching up: what a subscription never got goes out at a rate, after a pause or from the beginning of the log."""

from datetime import datetime

from django.db import connection, transaction

from events import catalogue
from events.conf import events_settings
from events.models import Subscription
from events.subscribers import Subscriber

#: After a longer break no more than this is made good at once.
_LONGEST_STEP_SECONDS = 5.0

_SEND = """
WITH missing AS MATERIALIZED (
    SELECT xid, position FROM events_event e
    WHERE (xid, position) > (%(xid)s, %(position)s) AND xid <= %(upto)s AND xid < events_horizon()
      AND (%(names)s::text[] IS NULL OR name = ANY (%(names)s::text[]))
      AND NOT EXISTS (SELECT FROM events_delivery d
                      WHERE d.position = e.position AND d.subscriber = %(subscriber)s AND d.run = 0)
      AND NOT EXISTS (SELECT FROM events_outbox o WHERE o.position = e.position AND o.run = 0
                      AND (o.subscriber IS NULL OR o.subscriber = %(subscriber)s))
    ORDER BY xid, position LIMIT %(limit)s),
sent AS (INSERT INTO events_outbox (position, subscriber, run)
         SELECT position, %(subscriber)s, 0 FROM missing ORDER BY xid, position RETURNING position)
SELECT count(*), events_horizon(),
       (SELECT xid FROM missing ORDER BY xid DESC, position DESC LIMIT 1),
       (SELECT position FROM missing ORDER BY xid DESC, position DESC LIMIT 1)
FROM sent
"""


def catch_up(now: datetime) -> int:
    """Send the next events to every subscription that is behind; how many deliveries."""
    behind = Subscription.objects.filter(paused_at=None).exclude(catch_up_to_xid=None)
    names = set(behind.values_list("subscriber", flat=True))
    return sum(_step(subscriber, now) for subscriber in catalogue.subscribers() if subscriber.name in names)


@transaction.atomic
def _step(subscriber: Subscriber, now: datetime) -> int:
    subscription = Subscription.objects.select_for_update().get(subscriber=subscriber.name)
    upto = subscription.catch_up_to_xid
    if upto is None or subscription.paused_at:
        return 0
    limit = _allowance(subscription, now)
    sent, horizon, xid, position = _send(subscriber, subscription, limit)
    if sent == limit:
        subscription.catch_up_xid, subscription.catch_up_position = xid, position
    elif upto < horizon:
        subscription.catch_up_xid = subscription.catch_up_position = subscription.catch_up_to_xid = None
    else:
        subscription.catch_up_xid, subscription.catch_up_position = horizon, 0
    subscription.caught_up_at = now
    subscription.save(update_fields=["catch_up_xid", "catch_up_position", "catch_up_to_xid", "caught_up_at"])
    return sent


def _send(subscriber: Subscriber, subscription: Subscription, limit: int) -> tuple[int, int, int, int]:
    values = {
        "xid": subscription.catch_up_xid,
        "position": subscription.catch_up_position,
        "upto": subscription.catch_up_to_xid,
        "names": subscriber.wanted_names,
        "subscriber": subscriber.name,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEND, values)
        row: tuple[int, int, int, int] = cursor.fetchone()
    return row


def _allowance(subscription: Subscription, now: datetime) -> int:
    """How many events the rate allows since the last step."""
    since = subscription.caught_up_at
    seconds = min((now - since).total_seconds(), _LONGEST_STEP_SECONDS) if since else 1.0
    return max(1, int(seconds * events_settings().catch_up_per_second))
