"""Subscriptions: since when a subscriber gets events, and whether it is paused.

Every subscriber in the catalogue is enrolled before its first event is published. The pairs (xid, position) are points
in the order of the log; see events/rescue.py for how they move.
"""

import time
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from events import catalogue
from events.conf import did_you_mean
from events.errors import HistoryPruned, NotSubscribed, RebuildInstead, StillSubscribed
from events.models import Subscription

#: How long a process may go on delivering to a subscriber that was paused meanwhile.
PAUSE_NOTICED_WITHIN_SECONDS = 2.0

# "Now" is the first event that was not published yet: what is published later, by whatever version of the code, is the
# new subscriber's as well. In an empty log that is the beginning.
_ENROLL = """
INSERT INTO events_subscription (subscriber, since_xid, since_position, settled_xid, settled_position, catch_up_xid,
                                 catch_up_position, catch_up_to_xid, paused_by, pause_reason)
SELECT new.name, start.xid, start.position, start.xid, start.position, catching_up.start, catching_up.start,
       catching_up.upto, '', ''
FROM unnest(%s::text[], %s::boolean[]) AS new (name, from_beginning)
LEFT JOIN LATERAL (
    SELECT e.xid, e.position FROM events_outbox o JOIN events_event e USING (position)
    WHERE (o.subscriber IS NULL OR o.subscriber = new.name) AND e.xid < events_horizon()
    ORDER BY e.xid, e.position LIMIT 1) unpublished ON true
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM events_event) AND NOT new.from_beginning) AS begins (now)
CROSS JOIN LATERAL (
    SELECT CASE WHEN begins.now THEN coalesce(unpublished.xid, events_horizon()) ELSE 0 END,
           CASE WHEN begins.now THEN coalesce(unpublished.position - 1, 0) ELSE 0 END) AS start (xid, position)
LEFT JOIN LATERAL (SELECT 0, events_current_xid()) AS catching_up (start, upto)
    ON new.from_beginning AND EXISTS (SELECT FROM events_event)
ON CONFLICT DO NOTHING
"""
_RESUME = """
UPDATE events_subscription SET paused_at = NULL, paused_by = '', pause_reason = '', catch_up_xid = settled_xid,
       catch_up_position = settled_position, catch_up_to_xid = events_current_xid()
WHERE subscriber = %s AND paused_at IS NOT NULL
"""
_BACKFILL = """
UPDATE events_subscription SET since_xid = 0, since_position = 0, settled_xid = 0, settled_position = 0,
       catch_up_xid = 0, catch_up_position = 0, catch_up_to_xid = events_current_xid()
WHERE subscriber = %s
"""


class _Pauses:
    """What this process last knew of pauses."""

    names: frozenset[str] = frozenset()
    read_at: float | None = None


def enroll() -> None:
    """Give every subscriber of the catalogue its row. Those that have one keep it."""
    known = set(Subscription.objects.values_list("subscriber", flat=True))
    new = [one for one in catalogue.subscribers() if one.name not in known]
    if new:
        with connection.cursor() as cursor:
            cursor.execute(_ENROLL, [[one.name for one in new], [one.start == "beginning" for one in new]])


def pause(name: str, *, by: str, reason: str, now: datetime | None = None) -> None:
    """Stop a subscriber from getting events; what it misses stays in the log. Pausing twice keeps the first pause.
    Raises NotSubscribed."""
    _existing(name)
    Subscription.objects.filter(subscriber=name, paused_at=None).update(
        paused_at=now or timezone.now(), paused_by=by, pause_reason=reason
    )
    _Pauses.read_at = None


def resume(name: str) -> bool:
    """Let a paused subscriber go on: it catches up with what it missed. False if it was not paused. Raises
    NotSubscribed."""
    _existing(name)
    with connection.cursor() as cursor:
        cursor.execute(_RESUME, [name])
        resumed = cursor.rowcount > 0
    _Pauses.read_at = None
    return resumed


def backfill(name: str) -> None:
    """Have a subscriber catch up from the beginning of the log; what it has settled stays settled. Raises
    NotSubscribed, RebuildInstead for a projection, and HistoryPruned when it could not be known any more what it has
    settled."""
    with transaction.atomic():
        subscription = _existing(name, lock=True)
        if any(one.swappable and one.name == name for one in catalogue.subscribers()):
            raise RebuildInstead(name=name)
        if subscription.pruned_at:
            raise HistoryPruned(name=name, pruned_at=subscription.pruned_at)
        with connection.cursor() as cursor:
            cursor.execute(_BACKFILL, [name])


def forget(name: str) -> Subscription:
    """Delete the subscription of a subscriber that this code does not have any more, and answer what it was; its
    deliveries stay until they are pruned. Raises NotSubscribed, and StillSubscribed for a subscriber that is there."""
    subscription = _existing(name)
    if subscription not in removed():
        raise StillSubscribed(name=name)
    Subscription.objects.filter(pk=name).delete()
    return subscription


def removed() -> list[Subscription]:
    """Subscriptions whose subscriber this code does not have any more, by name."""
    names = [one.name for one in catalogue.subscribers()]
    return list(Subscription.objects.exclude(subscriber__in=names).order_by("subscriber"))


def paused_names() -> frozenset[str]:
    """The subscribers that are paused now."""
    return frozenset(Subscription.objects.exclude(paused_at=None).values_list("subscriber", flat=True))


def is_paused(name: str) -> bool:
    """Whether a subscriber is paused. A pause is noticed within a moment; that one is over, at once: what was resumed
    catches up, and nothing of that may be dropped."""
    now = time.monotonic()
    is_stale = _Pauses.read_at is None or now - _Pauses.read_at > PAUSE_NOTICED_WITHIN_SECONDS
    if is_stale or name in _Pauses.names:
        _Pauses.names, _Pauses.read_at = paused_names(), now
    return name in _Pauses.names


def _existing(name: str, lock: bool = False) -> Subscription:
    subscriptions = Subscription.objects.select_for_update() if lock else Subscription.objects
    if subscription := subscriptions.filter(subscriber=name).first():
        return subscription
    known = list(Subscription.objects.values_list("subscriber", flat=True))
    raise NotSubscribed(name=name, hint=did_you_mean(name, known))
