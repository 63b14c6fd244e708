"""`events list`: what is in the log."""

import json
from argparse import Namespace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from events import catalogue
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.voice import Voice, shortened
from events.conf import did_you_mean
from events.models import Event
from events.personal import masked

#: Positions are given out in the order of the clock, but for events that were emitted at the same moment.
_SAME_MOMENT = timedelta(minutes=1)


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("list", help="the newest events of the log")
    parser.set_defaults(run=run)
    add_filters(parser)
    arguments.add_period(parser, "what happened")
    arguments.add_limit(parser, default=20)
    arguments.add_json(parser)


def add_filters(parser: Any) -> None:
    """Which events."""
    parser.add_argument("--name", action="append", default=[], metavar="EVENT", help="of this name; may be repeated")
    parser.add_argument("--stream", help="of this thing, such as order-42")
    arguments.add_payload(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Show the newest that match, the last one at the end."""
    condition, values = conditions(options)
    if options.since:
        condition += " AND position >= %s AND occurred_at >= %s"
        values += [_position_at(options.since - _SAME_MOMENT), options.since]
    if options.until:
        condition += " AND position <= %s AND occurred_at <= %s"
        values += [_position_at(options.until + _SAME_MOMENT), options.until]
    newest = Event.objects.raw(
        f"SELECT * FROM events_event WHERE {condition} ORDER BY position DESC LIMIT %s", [*values, options.limit + 1]
    )
    events = [*newest][: options.limit][::-1]
    voice.document({"events": [described(event) for event in events], "more": len([*newest]) > options.limit})
    if not events:
        voice.note(f"Nothing matched{unknown_names(options.name)}.")
        return Ending.NOTHING
    voice.table(
        ["position", "occurred at", "event", "stream", "actor", "payload"],
        [
            [
                str(event.position),
                event.occurred_at,
                f"{event.name} v{event.version}",
                f"{event.stream} v{event.stream_version}",
                event.actor,
                shortened(json.dumps(masked(event.payload), ensure_ascii=False)),
            ]
            for event in events
        ],
    )
    if len([*newest]) > options.limit:
        voice.note(f"These are the newest {options.limit}; --limit shows more.")
    return Ending.FINE


def conditions(options: Namespace) -> tuple[str, list[Any]]:
    """The filters as SQL."""
    wanted: list[tuple[str, list[Any]]] = [("true", [])]
    if options.name:
        wanted.append(("name = ANY (%s)", [options.name]))
    if options.stream:
        wanted.append(("stream = %s", [options.stream]))
    for path, value in options.payload:
        wanted.append(("payload #> %s::text[] = %s::jsonb", [path.split("."), json.dumps(value)]))
    return " AND ".join(sql for sql, _ in wanted), [value for _, values in wanted for value in values]


def unknown_names(names: list[str]) -> str:
    """What to add to "nothing matched" when the catalogue does not know a name."""
    known = sorted({event_type.event_name for event_type in catalogue.event_types()})
    unknown = [name for name in names if name not in known]
    return "".join(f"; this code has no event {name!r}{did_you_mean(name, known)}" for name in unknown)


def described(event: Event) -> dict[str, Any]:
    """For JSON: an event as the log has it."""
    return {
        "position": event.position,
        "id": event.id,
        "name": event.name,
        "version": event.version,
        "stream": event.stream,
        "stream_version": event.stream_version,
        "occurred_at": event.occurred_at,
        "actor": event.actor,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "traceparent": event.traceparent,
        "payload": event.payload,
    }


def _position_at(at: datetime) -> int:
    """About the first position at or after an instant, found by halving: the log has no index of instants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(position), 1), coalesce(max(position), 0) + 1 FROM events_event")
        low, high = cursor.fetchone()
        while low < high:
            middle = (low + high) // 2
            cursor.execute(
                "SELECT position, occurred_at FROM events_event WHERE position >= %s ORDER BY position LIMIT 1",
                [middle],
            )
            found = cursor.fetchone()
            if found is None or found[1] >= at:
                high = middle
            else:
                low = found[0] + 1
    return int(low)
