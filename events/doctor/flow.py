"""The flow: the relay publishes and does its duties, subscribers keep up, replays run."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from events import catalogue, subscriptions
from events.conf import events_settings
from events.doctor.database import rows
from events.doctor.findings import Check, Finding, broken, duration, fine, warning
from events.figures import oldest_due_seconds
from events.models import Replay, Subscription
from events.subscribers import Subscriber

#: What has been due for longer is not only a busy moment.
_LATE_SECONDS, _STUCK_SECONDS = 10.0, 60.0
_BEHIND_SECONDS = 600.0
_FORGOTTEN_SECONDS = 3_600.0

# A key of 64 bits is shown as two of 32; events/duties.py takes this lock.
_IN_CHARGE = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('events duties', 0)
"""
_UNKNOWN = """
SELECT subscriber, count(*) FROM events_outbox
WHERE subscriber IS NOT NULL AND subscriber <> ALL (%s) GROUP BY subscriber ORDER BY subscriber
"""
_OLDEST_UNSETTLED = """
SELECT occurred_at FROM events_event e
WHERE (xid, position) > (%s, %s) AND (%s::text[] IS NULL OR name = ANY (%s::text[]))
  AND NOT EXISTS (SELECT FROM events_delivery d WHERE d.position = e.position AND d.subscriber = %s AND d.run = 0)
ORDER BY xid, position LIMIT 1
"""


def relay_is_in_charge() -> Iterator[Finding]:
    """One relay holds the lock of the duties."""
    ((count,),) = rows(_IN_CHARGE)
    if count:
        yield fine("A relay runs and does the duties: catching up, rescue, replays, pruning")
    elif events_settings().transport == "inline":
        yield warning("No relay runs", "Start `manage.py relay`: retries and rescue wait for it.")
    else:
        yield broken("No relay runs: nothing is published and nothing is rescued", "Start `manage.py relay`.")


def outbox_is_published() -> Iterator[Finding]:
    """How long its oldest due row has waited."""
    waited = oldest_due_seconds()
    says = f"The oldest due row of the outbox has waited for {duration(waited)}"
    if waited > _STUCK_SECONDS:
        yield broken(says, "Look at the relay's log: does it run, and can it reach the broker?")
    elif waited > _LATE_SECONDS:
        yield warning(says, "Is the relay keeping up? More than one may run.")
    else:
        yield fine("Nothing waits in the outbox for longer than it should")


def outbox_subscribers_are_known() -> Iterator[Finding]:
    """Rows for a subscriber that the code does not have become dead letters."""
    unknown = rows(_UNKNOWN, [one.name for one in catalogue.subscribers()])
    for name, count in unknown:
        yield warning(
            f"{count} rows of the outbox are for {name!r}, which this code does not have",
            "Deploy the code that has it; what the relay meets before becomes a dead letter, and is replayed later.",
        )
    if not unknown:
        yield fine("The outbox has no rows for unknown subscribers")


def subscribers_keep_up() -> Iterator[Finding]:
    """The oldest event that each has not settled; a paused one is not expected to."""
    now, behind = timezone.now(), False
    subscribers = {one.name: one for one in catalogue.subscribers()}
    for row in Subscription.objects.filter(subscriber__in=subscribers, paused_at=None).order_by("subscriber"):
        oldest = oldest_unsettled(row, subscribers[row.subscriber])
        age_seconds = (now - oldest).total_seconds() if oldest else 0.0
        if age_seconds > _BEHIND_SECONDS:
            behind = True
            catching_up = " It is catching up." if row.catch_up_to_xid else ""
            yield warning(
                f"{row.subscriber} has not settled an event of {duration(age_seconds)} ago.{catching_up}",
                f"See what holds it up: `manage.py events dead --subscriber {row.subscriber}`, and the workers.",
            )
    if not behind:
        yield fine("Every subscriber keeps up with the log")


def paused_subscribers() -> Iterator[Finding]:
    """For as long as they are paused, what they miss piles up in the log."""
    paused = Subscription.objects.exclude(paused_at=None).order_by("subscriber")
    for row in paused:
        seconds = _seconds_since(row.paused_at or timezone.now())
        says = f"{row.subscriber} is paused for {duration(seconds)} by {row.paused_by}: {row.pause_reason}"
        long = seconds > _FORGOTTEN_SECONDS
        yield (
            warning(says, f"`manage.py events resume {row.subscriber} --yes` when it may go on.")
            if long
            else fine(says)
        )
    if not paused:
        yield fine("No subscriber is paused")


def removed_subscribers() -> Iterator[Finding]:
    """What they have not settled, nobody will."""
    removed = subscriptions.removed()
    for row in removed:
        yield warning(
            f"{row.subscriber} has a subscription since {row.created_at:%Y-%m-%d}, but is not in this code",
            f"Bring it back, or `manage.py events forget {row.subscriber} --yes` when it is gone for good.",
        )
    if not removed:
        yield fine("The code has every subscriber that has a subscription")


def replays_get_on() -> Iterator[Finding]:
    """Those that wait for somebody."""
    waiting = Replay.objects.filter(state__in=[Replay.State.STOPPED, Replay.State.PAUSED]).order_by("pk")
    for replay in waiting:
        says = f"Replay {replay.pk} ({replay.name}) of {replay.owner} is {replay.state}: {replay.state_reason}"
        yield warning(says, f"`manage.py events replays show {replay.pk}`, and then resume or cancel it.")
    slow = Replay.objects.filter(state=Replay.State.RUNNING, created_at__lt=timezone.now() - timedelta(days=1))
    for replay in slow:
        yield warning(
            f"Replay {replay.pk} ({replay.name}) of {replay.owner} has been running since {replay.created_at:%Y-%m-%d}",
            f"`manage.py events replays show {replay.pk}` says what it waits for.",
        )
    if not (waiting or slow):
        yield fine("No replay waits for anybody")


def oldest_unsettled(row: Subscription, subscriber: Subscriber) -> datetime | None:
    """When the oldest event happened that a subscription has yet to settle."""
    names = subscriber.wanted_names
    found = rows(_OLDEST_UNSETTLED, row.settled_xid, row.settled_position, names, names, row.subscriber)
    return found[0][0] if found else None


def _seconds_since(instant: datetime) -> float:
    return (timezone.now() - instant).total_seconds()


CHECKS: list[Check] = [
    relay_is_in_charge,
    outbox_is_published,
    outbox_subscribers_are_known,
    subscribers_keep_up,
    paused_subscribers,
    removed_subscribers,
    replays_get_on,
]
