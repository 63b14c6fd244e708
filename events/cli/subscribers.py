"""`events subscriptions`, `pause`, `resume`, `backfill` and `forget`: who gets events, and since when."""

from argparse import Namespace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from events import catalogue, subscriptions
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.voice import Voice
from events.conf import events_settings
from events.doctor.findings import duration
from events.doctor.flow import oldest_unsettled
from events.models import Subscription

# What the subscription will have to be sent, as far as the log tells.
_BEHIND = """
SELECT count(*) FROM (
    SELECT FROM events_event e
    WHERE (xid, position) > (%(xid)s, %(position)s) AND (%(names)s::text[] IS NULL OR name = ANY (%(names)s::text[]))
      AND NOT EXISTS (SELECT FROM events_delivery d
                      WHERE d.position = e.position AND d.subscriber = %(subscriber)s AND d.run = 0)
    LIMIT 1000000) behind
"""


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    listed = commands.add_parser("subscriptions", help="every subscriber: state, since when, how far behind")
    listed.set_defaults(run=run_list)
    arguments.add_json(listed)
    deeds = {
        "pause": (run_pause, "stop sending to a subscriber; the log keeps what it misses"),
        "resume": (run_resume, "let a paused subscriber go on, and catch up with what it missed"),
        "backfill": (run_backfill, "send a subscriber everything that the log has and it has not settled"),
        "forget": (run_forget, "delete the subscription of a subscriber that is no more"),
    }
    for deed, (run, words) in deeds.items():
        parser = commands.add_parser(deed, help=words)
        parser.set_defaults(run=run)
        parser.add_argument("subscriber")
        if deed == "pause":
            parser.add_argument("--reason", help="why; needed with --yes")
        arguments.add_yes(parser)
        arguments.add_json(parser)


def run_list(options: Namespace, voice: Voice) -> Ending:
    """Show all; a warning if one is removed."""
    known = {one.name: one for one in catalogue.subscribers()}
    rows = [_described(row) for row in Subscription.objects.order_by("subscriber")]
    waiting = sorted(known.keys() - {row["subscriber"] for row in rows})
    rows += [{"subscriber": name, "state": "not enrolled yet", "queue": known[name].queue} for name in waiting]
    voice.document({"subscriptions": rows})
    if not rows:
        voice.note("This code has no subscribers, and there are no subscriptions.")
        return Ending.NOTHING
    voice.table(
        ["subscriber", "state", "queue", "wants", "since", "behind"],
        [
            [row["subscriber"], row["state"], row["queue"], ", ".join(row.get("wants") or ["everything"]),
             row.get("created_at"), duration(row["behind_seconds"]) if row.get("behind_seconds") else ""]
            for row in rows
        ],
    )  # fmt: skip
    return Ending.WARNING if any(row["state"] == "removed" for row in rows) else Ending.FINE


def run_pause(options: Namespace, voice: Voice) -> Ending:
    """Pause it."""
    with pretending(not options.yes):
        subscriptions.pause(options.subscriber, by=arguments.operator(), reason=arguments.reason_of(options))
        row = Subscription.objects.get(subscriber=options.subscriber)
    return _said(options, voice, row, "is paused: what it misses stays in the log")


def run_resume(options: Namespace, voice: Voice) -> Ending:
    """Resume it."""
    with pretending(not options.yes):
        resumed = subscriptions.resume(options.subscriber)
        row = Subscription.objects.get(subscriber=options.subscriber)
    if not resumed:
        voice.document({"dry_run": not options.yes, **_described(row)})
        voice.note(f"{options.subscriber} is not paused.")
        return Ending.NOTHING
    return _said(options, voice, row, f"goes on, and catches up with {_missed(row)}")


def run_backfill(options: Namespace, voice: Voice) -> Ending:
    """Have it catch up from the beginning of the log."""
    with pretending(not options.yes):
        subscriptions.backfill(options.subscriber)
        row = Subscription.objects.get(subscriber=options.subscriber)
        missed = _missed(row)
    return _said(options, voice, row, f"catches up from the beginning of the log with {missed}")


def run_forget(options: Namespace, voice: Voice) -> Ending:
    """Delete the row of a removed subscriber. Raises NotSubscribed, and StillSubscribed for one that the code has."""
    with pretending(not options.yes):
        row = subscriptions.forget(options.subscriber)
    return _said(options, voice, row, "has no subscription any more; its deliveries and dead letters stay")


def _said(options: Namespace, voice: Voice, row: Subscription, what: str) -> Ending:
    voice.document({"dry_run": not options.yes, "result": f"{row.subscriber} {what}", **_described(row)})
    voice.say(f"{'' if options.yes else 'Then '}{row.subscriber} {what}.")
    if not options.yes:
        voice.note("Nothing was done. To do it, add --yes.")
    return Ending.FINE


def _described(row: Subscription) -> dict[str, Any]:
    subscriber = next((one for one in catalogue.subscribers() if one.name == row.subscriber), None)
    oldest = oldest_unsettled(row, subscriber) if subscriber else None
    return {
        "subscriber": row.subscriber,
        "state": _state(row, is_known=subscriber is not None),
        "queue": subscriber.queue if subscriber else "",
        "wants": subscriber.wanted_names if subscriber else [],
        "created_at": row.created_at,
        "paused_at": row.paused_at,
        "paused_by": row.paused_by,
        "pause_reason": row.pause_reason,
        "since": [row.since_xid, row.since_position],
        "settled": [row.settled_xid, row.settled_position],
        "behind_seconds": _seconds_since(oldest),
    }


def _state(row: Subscription, is_known: bool) -> str:
    if not is_known:
        return "removed"
    if row.paused_at:
        return f"paused by {row.paused_by}: {row.pause_reason}"
    return "catching up" if row.catch_up_to_xid is not None else "live"


def _seconds_since(instant: datetime | None) -> float | None:
    return (timezone.now() - instant).total_seconds() if instant else None


def _missed(row: Subscription) -> str:
    subscriber = catalogue.subscriber(row.subscriber)
    values = {"xid": row.settled_xid, "position": row.settled_position, "names": subscriber.wanted_names}
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, values | {"subscriber": row.subscriber})
        (count,) = cursor.fetchone()
    return f"{count:,} events, at {events_settings().catch_up_per_second:g} a second"
