"""What stories are told about: boxes that are moved and opened, subscribers that do as they are told, and a broker in
the hands of whoever tells the story."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import connection, connections, transaction

from events.api import Context, Event, LoggedEvent, Reject, Snooze, emit, subscriber
from events.connections import database_now
from events.models import Delivery, ReplayItem
from events.transports import Message
from tests.events.model import Key, Wish

WISHES = {
    one.name: one
    for one in (
        Wish("books.count", frozenset({"box.moved", "box.opened"})),
        Wish("lanes.follow", frozenset({"box.moved"}), is_ordered=True),
        Wish("letters.send", frozenset({"box.opened"}), is_external=True),
        Wish("lanes.call", frozenset({"box.moved", "box.opened"}), is_ordered=True, is_external=True, max_retries=0),
    )
}


class Transport:
    """The broker and its messages, in the hands of the story."""

    in_process = False
    waiting: ClassVar[list[tuple[Message, datetime]]] = []
    #: A copy of every message that ever was.
    ever: ClassVar[list[Message]] = []
    is_lying: ClassVar[bool] = False

    def publish(self, messages: Sequence[Message]) -> None:
        """Keep them; and perhaps say that it went wrong."""
        Transport.waiting += [(message, database_now()) for message in messages]
        Transport.ever += messages
        if Transport.is_lying:
            raise ConnectionError("the broker took them, and the connection broke before it could say so")

    def waiting_since(self, queue: str) -> datetime | None:
        """All queues are one here."""
        return min((at for _, at in Transport.waiting), default=None)


class World:
    """The events, the subscribers, and what they do; the effects are rows without a key."""

    fate: ClassVar[str] = "works"
    types: ClassVar[dict[str, type[Event]]] = {}

    def __init__(self) -> None:
        class Moved(Event, name="box.moved", stream="box-{box_id}"):
            box_id: int

        class Opened(Event, name="box.opened", stream="box-{box_id}"):
            box_id: int

        World.types = {"box.moved": Moved, "box.opened": Opened}
        for wish in WISHES.values():
            wanted = [self.types[name] for name in sorted(wish.wants)]
            effects = "external" if wish.is_external else "database"
            subscriber(*wanted, name=wish.name, ordered=wish.is_ordered, effects=effects, max_retries=wish.max_retries)(
                self._react
            )

    def _react(self, event: Event, context: Context) -> None:
        if self.fate == "rejects":
            raise Reject("as the story goes")
        if self.fate == "snoozes":
            raise Snooze(60)
        if self.fate == "fails":
            raise ValueError("as the story goes")
        with connection.cursor() as cursor:
            values = [context.position, context.subscriber]
            cursor.execute("INSERT INTO test_effect (position, subscriber) VALUES (%s, %s)", values)
        if self.fate == "fails late":
            raise ValueError("as the story goes, at its end")


class Slow:
    """Somebody who emits and does not commit for a long time."""

    def __init__(self, event: Event) -> None:
        self.event, self.commits = event, True
        self.logged: list[LoggedEvent] = []
        self.emitted, self.finish = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.emitted.wait(30)

    def _run(self) -> None:
        with transaction.atomic():
            self.logged.append(emit(self.event))
            self.emitted.set()
            self.finish.wait(60)
            transaction.set_rollback(not self.commits)
        connections.close_all()

    def end(self, commits: bool) -> list[LoggedEvent]:
        self.commits = commits
        self.finish.set()
        self.thread.join()
        return self.logged if commits else []


#: Everything that says when something was.
INSTANTS = {
    "events_event": ["occurred_at"],
    "events_outbox": ["available_at"],
    "events_delivery": ["started_at", "finished_at"],
    "events_attempt": ["failed_at", "next_try_at"],
    "events_subscription": ["created_at", "caught_up_at", "paused_at", "pruned_at"],
    "events_replay": ["created_at", "advanced_at", "finished_at"],
    "events_replayitem": ["sent_at", "finished_at"],
}


def grow_older(by: timedelta) -> None:
    """Time passes: not the clock moves on, which everybody reads, but all that was is longer ago."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # the log refuses changes
        for table, columns in INSTANTS.items():
            changes = ", ".join(f"{column} = {column} - %s" for column in columns)
            cursor.execute(f"UPDATE {table} SET {changes}", [by] * len(columns))
    Transport.waiting[:] = [(_older(message, by), at - by) for message, at in Transport.waiting]
    Transport.ever[:] = [_older(message, by) for message in Transport.ever]


def _older(message: Message, by: timedelta) -> Message:
    event = json.loads(message.event_json)
    event["occurred_at"] = (datetime.fromisoformat(event["occurred_at"]) - by).isoformat()
    return replace(message, event_json=json.dumps(event))


def items(*states: str) -> set[Key]:
    """Replayed runs whose items are in these states."""
    return set(ReplayItem.objects.filter(state__in=states).values_list("event_id", "subscriber", "run"))


def settled() -> dict[Key, str]:
    """How every delivery ended that has a row."""
    rows = Delivery.objects.values_list("event_id", "subscriber", "run", "outcome")
    return {(position, name, run): outcome for position, name, run, outcome in rows}


def effects() -> list[tuple[int, str]]:
    """Position and subscriber of each effect, in the order in which they came."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, subscriber FROM test_effect ORDER BY id")
        return cursor.fetchall()


def forget_everything() -> None:
    """Back to an empty log."""
    Transport.waiting.clear()
    Transport.ever.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE events_event, events_outbox, events_delivery, events_attempt, events_subscription,"
            " events_replay, events_replayitem, django_celery_results_taskresult, test_effect RESTART IDENTITY"
        )
