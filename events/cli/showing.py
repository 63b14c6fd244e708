"""`events show ID`: all that is known of one event, or of one delivery."""

import json
from argparse import Namespace
from typing import Any
from uuid import UUID

from events import catalogue
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.listing import described
from events.cli.voice import Voice, instant, shortened
from events.models import Attempt, Delivery, Event, OutboxEntry
from events.personal import masked
from events.subscribers import DeliveryKey

#: How many events of one cause are shown.
_STORY_LIMIT = 50
_LINE_LIMIT = 300


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("show", help="an event with its deliveries, attempts and causes, or one delivery")
    parser.set_defaults(run=run)
    parser.add_argument("id", help="an event's id or position, or a delivery: <event id>:<subscriber>:<run>")
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Show it."""
    event, key = found(options.id)
    if event is None:
        voice.document({"event": None, "deliveries": [], "story": []})
        voice.note(f"Nothing has the id {options.id!r}: neither an event, by id or position, nor a delivery.")
        return Ending.NOTHING
    deliveries = [one for one in _deliveries(event) if key is None or _is_meant(one, key)]
    if key and not deliveries:
        deliveries = [{"subscriber": key.subscriber, "run": key.run, "state": "unknown", "attempts": []}]
    story = [] if key else _story(event)
    voice.document({"event": described(event), "deliveries": deliveries, "story": story})
    if not voice.as_json:
        _say_event(event, voice)
        _say_deliveries(deliveries, voice, with_traceback=key is not None)
        _say_story(story, event, voice)
    return Ending.FINE


def found(text: str) -> tuple[Event | None, DeliveryKey | None]:
    """The event that an id, a position or a key names, and the key."""
    key = _key(text)
    if key:
        return Event.objects.filter(id=key.event_id).first(), key
    if text.isdecimal() and len(text) < 19:
        return Event.objects.filter(position=int(text)).first(), None
    try:
        return Event.objects.filter(id=UUID(text)).first(), None
    except ValueError:
        return None, None


def _key(text: str) -> DeliveryKey | None:
    try:
        return DeliveryKey.parse(text)
    except ValueError:
        return None


def _is_meant(delivery: dict[str, Any], key: DeliveryKey) -> bool:
    return bool((delivery["subscriber"], delivery["run"]) == (key.subscriber, key.run))


def _deliveries(event: Event) -> list[dict[str, Any]]:
    """Every run of every subscriber that wants the event or once did, with its derived state."""
    settled = {(one.subscriber, one.run): one for one in Delivery.objects.filter(event=event)}
    failed: dict[tuple[str, int], list[Attempt]] = {}
    for attempt in Attempt.objects.filter(event=event).order_by("number"):
        failed.setdefault((attempt.subscriber, attempt.run), []).append(attempt)
    waiting = {(one.subscriber, one.run): one.available_at for one in OutboxEntry.objects.filter(event=event)}
    wanting = {(one.name, 0) for one in catalogue.subscribers_of(event.name)}
    named = {(subscriber, run) for subscriber, run in waiting if subscriber is not None}
    return [
        _described(
            event, name, run, settled.get((name, run)), failed.get((name, run), []), waiting.get((name, run)),
            is_unpublished=run == 0 and (None, 0) in waiting,
        )
        for name, run in sorted({*settled, *failed, *wanting, *named})
    ]  # fmt: skip


def _described(
    event: Event,
    name: str,
    run: int,
    delivery: Delivery | None,
    attempts: list[Attempt],
    waits_until: Any,
    is_unpublished: bool,
) -> dict[str, Any]:
    pending = "retrying" if attempts else "waiting in the outbox" if waits_until or is_unpublished else "pending"
    return {
        "key": str(DeliveryKey(event.id, name, run)),
        "subscriber": name,
        "run": run,
        "state": delivery.outcome if delivery else pending,
        "started_at": delivery and delivery.started_at,
        "finished_at": delivery and delivery.finished_at,
        "worker": delivery.worker if delivery else "",
        "fingerprint": delivery.fingerprint if delivery else "",
        "available_at": waits_until,
        "attempts": [
            {
                "number": one.number,
                "failed_at": one.failed_at,
                "next_try_at": one.next_try_at,
                "error_class": one.error_class,
                "message": one.message,
                "traceback": one.traceback,
                "worker": one.worker,
                "spent": one.spent,
            }
            for one in attempts
        ],
    }


def _story(event: Event) -> list[dict[str, Any]]:
    """What goes back to the same request or command, in the order of the log."""
    same = Event.objects.filter(correlation_id=event.correlation_id).order_by("xid", "position")[:_STORY_LIMIT]
    return [
        {
            "position": one.position,
            "id": one.id,
            "name": one.name,
            "stream": one.stream,
            "stream_version": one.stream_version,
            "actor": one.actor,
            "causation_id": one.causation_id,
        }
        for one in same
    ]


def _say_event(event: Event, voice: Voice) -> None:
    voice.say(
        f"{event.name} version {event.version}, {event.stream} v{event.stream_version}",
        f"  id            {event.id}",
        f"  position      {event.position} in transaction {event.xid}",
        f"  occurred at   {instant(event.occurred_at)}",
        f"  actor         {event.actor or '(nobody named)'}",
        f"  correlation   {event.correlation_id}",
        f"  caused by     {event.causation_id or '(nothing in the log)'}",
        *([f"  traceparent   {event.traceparent}"] if event.traceparent else []),
        "payload",
        *(f"  {line}" for line in json.dumps(masked(event.payload), ensure_ascii=False, indent=2).splitlines()),
    )


def _say_deliveries(deliveries: list[dict[str, Any]], voice: Voice, with_traceback: bool) -> None:
    voice.say("deliveries" if deliveries else "no subscriber wants it")
    for one in deliveries:
        run = f", run {one['run']}" if one["run"] else ""
        at = f" {instant(one['finished_at'])} by {one['worker'] or 'nobody'}" if one.get("finished_at") else ""
        voice.say(f"  {one['subscriber']}{run}: {one['state']}{at}")
        for attempt in one["attempts"]:
            kind = "attempt" if attempt["spent"] else "lost message"
            next_try = f", next try {instant(attempt['next_try_at'])}" if attempt["next_try_at"] else ""
            said = f"{attempt['error_class']}: {shortened(attempt['message'], _LINE_LIMIT)}"
            voice.say(f"    {kind} {attempt['number']} {instant(attempt['failed_at'])}{next_try}: {said}")
            if with_traceback and attempt["traceback"]:
                voice.say(*(f"      {line}" for line in attempt["traceback"].splitlines()))


def _say_story(story: list[dict[str, Any]], event: Event, voice: Voice) -> None:
    if len(story) < 2:
        return
    depths: dict[UUID, int] = {}
    voice.say("what belongs together")
    for one in story:
        depth = depths[one["id"]] = depths.get(one["causation_id"], -1) + 1
        here = "  ◀" if one["id"] == event.id else ""
        what = f"{one['name']} {one['stream']} v{one['stream_version']} at {one['position']} by {one['actor'] or '?'}"
        voice.say(f"  {'  ' * depth}{what}{here}")
