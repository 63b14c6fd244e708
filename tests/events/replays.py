"""A small world for the tests of replays: letters whose subscribers fail as they are told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from events.api import Context, Event, emit_many, subscriber
from events.models import Delivery, Replay, ReplayItem
from events.replay import Selection, create_replay

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


class Broken(Exception):
    """What a test has a subscriber raise."""


@dataclass
class Post:
    """What is to happen to letters, and what did."""

    event_type: type[Event]
    #: By the number of the letter: what its subscriber raises.
    trouble: dict[int, Exception] = field(default_factory=dict)
    ran: list[tuple[str, int, int]] = field(default_factory=list)

    def send(self, *numbers: int, box: int | None = None) -> None:
        """Emit; the inline transport delivers after the commit."""
        with transaction.atomic():
            for number in numbers:
                emit_many([self.event_type(number=number, box=number if box is None else box)])

    def numbers(self, run: int, name: str = "post.carry") -> list[int]:
        """The letters that a subscriber was given in a run, in order."""
        return [number for subscriber, number, its_run in self.ran if (subscriber, its_run) == (name, run)]


def open_post(**options: Any) -> Post:
    """Declare letters, and the subscriber `post.carry` that never tries twice."""

    class LetterSent(Event, name="letter.sent", stream="box-{box}"):
        """A letter was put into a box."""

        number: int
        box: int

    post = Post(LetterSent)

    @subscriber(LetterSent, name="post.carry", max_retries=0, **options)
    def carry(event: LetterSent, context: Context) -> None:
        post.ran.append((context.subscriber, event.number, context.run))
        if error := post.trouble.get(event.number):
            raise error

    return post


def break_letters(post: Post, numbers: Sequence[int], error: type[Exception] = Broken) -> None:
    """Send letters that die in their first run, and mend them."""
    post.trouble = {number: error(f"letter {number}") for number in numbers}
    post.send(*numbers)
    post.trouble = {}


def replay_all(now: datetime | None = None, **options: Any) -> Replay:
    """Replay every dead letter, or what a selection says."""
    selection = options.pop("selection", Selection())
    words = {"name": "once more", "reason": "it was mended", "owner": "somebody"} | options
    return create_replay(selection, now=now or timezone.now(), **words)


def outcomes(run: int = 1) -> dict[int, str]:
    """By the number of the letter."""
    rows = Delivery.objects.filter(run=run).select_related("event")
    return {row.event.payload["number"]: row.outcome for row in rows}


def item_states(replay: Replay) -> list[str]:
    """In the order of the set."""
    return list(ReplayItem.objects.filter(replay=replay).order_by("pk").values_list("state", flat=True))


def state_of(replay: Replay) -> str:
    """As the database has it."""
    return Replay.objects.get(pk=replay.pk).state


def seconds(start: datetime = NOW, step: float = 1.0) -> Iterator[datetime]:
    """Instants, one after another."""
    while True:
        yield start
        start += timedelta(seconds=step)


def bury_many(count: int, error: str = "Broken in tests", *, transient: bool = False) -> None:
    """Write dead letters as from a long outage, without running anybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event"
            " (id, stream, stream_version, name, version, payload, correlation_id, actor, traceparent)"
            " SELECT gen_random_uuid(), 'old-' || n, 1, 'letter.sent', 1, jsonb_build_object('number', n, 'box', n),"
            " gen_random_uuid(), '', '' FROM generate_series(1, %s) n",
            [count],
        )
        cursor.execute(
            "INSERT INTO events_delivery"
            " (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint, transient)"
            " SELECT position, 'post.carry', 0, 'dead', 1, now(), now(), '', %s, %s"
            " FROM events_event WHERE stream LIKE 'old-%%'",
            [error, transient],
        )
        cursor.execute("ANALYZE events_event, events_delivery")
