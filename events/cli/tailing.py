"""`events tail`: follow the log, or the deliveries, as they come."""

import json
import time
from argparse import ArgumentTypeError, Namespace
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.listing import add_filters, conditions, described
from events.cli.voice import Voice, instant, shortened
from events.models import Delivery, Event
from events.personal import masked

_POLL_SECONDS = 0.25
_BATCH_COUNT = 500
#: Deliveries are numbered before they are committed: so far back one may still turn up.
_LATE_COUNT = 1_000

# Below the oldest running transaction nothing can appear any more, so nothing is missed.
_NEXT = """
SELECT * FROM events_event WHERE (xid, position) > (%s, %s) AND xid < %s AND {condition} ORDER BY xid, position LIMIT %s
"""
_NEXT_DELIVERIES = """
SELECT d.* FROM events_delivery d JOIN events_event e USING (position)
WHERE d.id > %s AND d.id <> ALL (%s) AND (%s::text IS NULL OR subscriber = %s) AND {condition} ORDER BY d.id LIMIT %s
"""


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("tail", help="follow the log in its order, until Ctrl-C")
    parser.set_defaults(run=run)
    add_filters(parser)
    parser.add_argument(
        "--from",
        dest="start",
        type=start,
        metavar="WHERE",
        help="after this position, from an instant on (2h, 2025-03-01), or from the `beginning` (default: from now)",
    )
    parser.add_argument("--deliveries", action="store_true", help="settled deliveries instead of events")
    parser.add_argument("--subscriber", help="with --deliveries: of this subscriber")
    parser.add_argument("--limit", type=arguments.count, metavar="COUNT", help="end after so many")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each")


def start(text: str) -> int | datetime:
    """A position, or an instant."""
    if text == "beginning":
        return 0
    try:
        return int(text) if text.isdecimal() else arguments.moment(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}; or a position; or beginning") from error


def run(options: Namespace, voice: Voice) -> Ending:
    """Follow until interrupted, or until the limit."""
    follow = _follow_deliveries if options.deliveries else _follow_events
    left = options.limit
    try:
        for document, text in follow(options):
            voice.line(document, text)
            left = left and left - 1
            if left == 0:
                break
    except KeyboardInterrupt:
        pass
    return Ending.FINE


def _follow_events(options: Namespace) -> Iterator[tuple[dict[str, Any], str]]:
    condition, values = conditions(options)
    if isinstance(options.start, datetime):
        condition, values = f"{condition} AND occurred_at >= %s", [*values, options.start]
    statement, after = _NEXT.format(condition=condition), _cursor(options.start)
    while True:
        horizon = _horizon()
        events = [*Event.objects.raw(statement, [*after, horizon, *values, _BATCH_COUNT])]
        for event in events:
            after = (event.xid, event.position)
            yield described(event), _event_line(event)
        if len(events) < _BATCH_COUNT:
            after = max(after, (horizon, 0))
            time.sleep(_POLL_SECONDS)


def _follow_deliveries(options: Namespace) -> Iterator[tuple[dict[str, Any], str]]:
    """Each that is committed, in about the order of the commits."""
    condition, values = conditions(options)
    statement = _NEXT_DELIVERIES.format(condition=condition)
    newest = Delivery.objects.order_by("-id").values_list("id", flat=True).first() or 0
    seen = deque(Delivery.objects.filter(id__gt=newest - _LATE_COUNT).order_by("id").values_list("id", flat=True))
    while True:
        wanted = [newest - _LATE_COUNT, [*seen], options.subscriber, options.subscriber, *values, _BATCH_COUNT]
        deliveries = [*Delivery.objects.raw(statement, wanted).prefetch_related("event")]
        for delivery in deliveries:
            seen.append(delivery.pk)
            newest = max(newest, delivery.pk)
            yield _described_delivery(delivery), _delivery_line(delivery)
        while len(seen) > 2 * _LATE_COUNT:
            seen.popleft()
        if not deliveries:
            time.sleep(_POLL_SECONDS)


def _cursor(start: int | datetime | None) -> tuple[int, int]:
    """Where to begin: a pair of the log's order."""
    if start is None:
        return _horizon(), 0
    if isinstance(start, int) and start:
        event = Event.objects.filter(position__lte=start).order_by("-position").first()
        return (event.xid, start) if event else (0, 0)
    return 0, 0


def _horizon() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT events_horizon()")
        return int(cursor.fetchone()[0])


def _event_line(event: Event) -> str:
    what = f"{event.name} v{event.version}  {event.stream} v{event.stream_version}  {event.actor or '-'}"
    payload = shortened(json.dumps(masked(event.payload), ensure_ascii=False))
    return f"{instant(event.occurred_at)}  {event.position:>8}  {what}  {payload}"


def _described_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": f"{delivery.event.id}:{delivery.subscriber}:{delivery.run}",
        "subscriber": delivery.subscriber,
        "run": delivery.run,
        "outcome": delivery.outcome,
        "attempts": delivery.attempts,
        "started_at": delivery.started_at,
        "finished_at": delivery.finished_at,
        "worker": delivery.worker,
        "fingerprint": delivery.fingerprint,
        "event": {"position": delivery.event.position, "name": delivery.event.name, "stream": delivery.event.stream},
    }


def _delivery_line(delivery: Delivery) -> str:
    run = f" run {delivery.run}" if delivery.run else ""
    what = f"{delivery.event.name} {delivery.event.stream} v{delivery.event.stream_version}"
    error = f"  {delivery.fingerprint}" if delivery.fingerprint else ""
    return f"{instant(delivery.finished_at)}  {delivery.outcome:<9}  {delivery.subscriber}{run}  {what}{error}"
