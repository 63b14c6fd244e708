"""Which deliveries a command is about: options on one side, a Selection of events/replay on the other."""

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from events import catalogue
from events.cli import arguments
from events.cli.showing import found
from events.conf import did_you_mean
from events.models import Delivery, Outcome
from events.replay import Selection

_GROUPS_NAMED = """
SELECT fingerprint FROM events_delivery dead WHERE outcome = 'dead' AND {condition} AND NOT EXISTS (
    SELECT FROM events_delivery later
    WHERE later.position = dead.position AND later.subscriber = dead.subscriber AND later.run > dead.run)
GROUP BY fingerprint ORDER BY count(*) DESC LIMIT 10
"""


def add_criteria(parser: Any) -> None:
    """What describes deliveries."""
    parser.add_argument("--group", metavar="ERROR", help="died of this error: a fingerprint, or a part of just one")
    parser.add_argument("--subscriber", help="of this subscriber")
    parser.add_argument("--event", metavar="NAME", help="of events of this name")
    parser.add_argument("--stream", help="of this thing, such as order-42")
    arguments.add_payload(parser)
    arguments.add_period(parser, "settled")


def is_said(options: Namespace) -> bool:
    """Whether the options describe anything."""
    said = [options.group, options.subscriber, options.event, options.stream, options.payload, options.since]
    return any(said) or options.until is not None


def selection_of(
    options: Namespace, ids: tuple[str, ...] = (), outcomes: frozenset[str] = frozenset({Outcome.DEAD.value})
) -> Selection:
    """The selection that is meant. Raises CommandError, or SelectionWrong."""
    keys = tuple(key for text in ids for key in _keys(text, outcomes))
    if ids and not keys:  # without any key it would be a selection of everything
        raise CommandError(f"Nothing of {', '.join(ids)} is {' or '.join(sorted(outcomes))}.", returncode=3)
    return Selection(
        keys=keys,
        fingerprint=_fingerprint(options.group) if options.group else None,
        subscriber=options.subscriber,
        event_name=options.event,
        stream=options.stream,
        since=options.since,
        until=options.until,
        payload=dict(options.payload),
        outcomes=outcomes,
    )


def hints(options: Namespace) -> str:
    """What to add to "nothing matched" about names that this code does not know."""
    events = sorted({event_type.event_name for event_type in catalogue.event_types()})
    said = {
        "subscriber": (options.subscriber, [one.name for one in catalogue.subscribers()]),
        "event": (options.event, events),
    }
    return "".join(
        f"; this code has no {what} {name!r}{did_you_mean(name, known)}"
        for what, (name, known) in said.items()
        if name and name not in known
    )


def _keys(text: str, outcomes: frozenset[str]) -> list[str]:
    """A delivery's key as it is; of an event, the newest run for each subscriber, if it ended like that."""
    event, key = found(text)
    if key:
        return [text]
    if event is None:
        raise CommandError(
            f"{text!r} is neither an event, by id or position, nor a delivery: <event id>:<subscriber>:<run>. "
            "`events dead` lists those that may be meant.",
            returncode=2,
        )
    newest = {one.subscriber: one for one in Delivery.objects.filter(event=event).order_by("run")}
    return [f"{event.id}:{one.subscriber}:{one.run}" for one in newest.values() if one.outcome in outcomes]


def _fingerprint(text: str) -> str:
    """The group of open letters that is meant. What is no group stays as it is, and matches nothing."""
    if _groups("fingerprint = %s", text):
        return text
    alike = _groups("strpos(lower(fingerprint), lower(%s)) > 0", text)
    if len(alike) > 1:
        listed = "\n  ".join(alike)
        raise CommandError(f"{text!r} is a part of several groups. Say more of one of them:\n  {listed}", returncode=2)
    return alike[0] if alike else text


def _groups(condition: str, text: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS_NAMED.format(condition=condition), [text])
        return [fingerprint for (fingerprint,) in cursor.fetchall()]
