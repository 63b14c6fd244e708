"""For tests: the pytest fixture `events`, which holds every delivery in its hands.

    # conftest.py
    pytest_plugins = ["events.testing"]

    # a test
    def test_points_are_awarded_once(events):
        pay(order)
        events.assert_emitted(OrderPaid, order_id=order.pk)
        events.deliver_twice("loyalty.award_points")
        assert balance_of(order.customer_id) == 59

In a test with this fixture nothing is delivered until the test says so, with pytest-django's `db` as well as with
`django_db(transaction=True)`. Then it takes the way of every delivery: the relay reads the outbox, the event travels as
JSON, and the code that settles, retries and buries is that of the inline transport.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import TestCase

from events import catalogue
from events.conf import did_you_mean
from events.connections import database_now
from events.event import Event
from events.models import Attempt, Delivery, OutboxEntry, Outcome, Replay
from events.models import Event as LoggedRow
from events.progress import last_position
from events.relay import publish_due
from events.replay import Selection, advance, create_replay
from events.subscribers import Subscriber
from events.transports import Message
from events.transports.inline import Transport as InlineTransport


class Transport:
    """Keeps what the relay publishes until the test has it delivered."""

    in_process = False
    #: Shared, because a test that changes a setting gets another transport.
    kept: ClassVar[list[Message]] = []

    def publish(self, messages: Sequence[Message]) -> None:
        """Keep the messages."""
        self.kept.extend(messages)

    def waiting_since(self, queue: str) -> datetime | None:
        """Whatever is kept is not lost, however long that takes."""
        return datetime.min.replace(tzinfo=UTC) if any(one.subscriber.queue == queue for one in self.kept) else None


@dataclass
class _Trouble:
    """What `fail` has ordered for a subscriber."""

    error: Exception
    times: int
    after: bool

    def given_to(self, subscriber: Subscriber) -> Subscriber:
        def fail(*arguments: Any) -> None:
            if self.after:
                subscriber.function(*arguments)
            raise self.error

        return replace(subscriber, function=fail)


@pytest.fixture
def events(db: None, settings: Any) -> Iterator["Rehearsal"]:
    """The events of this test, and their deliveries, which wait until the test asks for them."""
    settings.EVENTS = getattr(settings, "EVENTS", {}) | {"transport": __name__}
    Transport.kept.clear()
    yield Rehearsal()
    Transport.kept.clear()


class Rehearsal:
    """What the fixture `events` gives to a test."""

    def __init__(self) -> None:
        self._start = last_position()
        self._delivered: dict[str, Message] = {}
        self._troubles: dict[str, _Trouble] = {}

    @property
    def emitted(self) -> list[Event]:
        """What the test has emitted so far, in the order of the log, with what subscribers have emitted in turn."""
        return [event for _, event in self._logged()]

    def assert_emitted(self, event_type: type[Event], **fields: Any) -> Event:
        """An event of the type was emitted whose fields have these values; it is returned, the first one of several."""
        found = [event for _, event in self._logged(event_type, fields)]
        _demand(found, f"{_described(event_type, fields)} was not emitted. {_listed('Emitted', self.emitted)}")
        return found[0]

    def assert_not_emitted(self, event_type: type[Event], **fields: Any) -> None:
        """No event of the type was emitted whose fields have these values."""
        found = [event for _, event in self._logged(event_type, fields)]
        _demand(not found, _listed(f"{_described(event_type, fields)} was emitted", found))

    def deliver(self, *subscribers: str, retries: bool = True) -> int:
        """Deliver what waits, to these subscribers or to all, until nothing is left; what they emit is delivered too.
        Returns the number of tries.

        Retries come at once. A delivery that only snoozes is tried again as long as others get on. With
        `retries=False` each delivery that is due is tried once. Raises UnknownSubscriber.
        """
        names = {catalogue.subscriber(name).name for name in subscribers}
        tries = 0
        while messages := self._take(names, even_later=retries):
            before = _results()
            for message in messages:
                self._try(message)
            tries += len(messages)
            if not retries or _results() == before:
                break
        return tries

    def deliver_twice(self, *subscribers: str) -> int:
        """Deliver as `deliver` does, and then every message of this test once more, like a broker that repeats them.
        A subscriber that keeps its promise has no second effect. Returns the number of tries."""
        tries = self.deliver(*subscribers)
        repeated = [one for one in self._delivered.values() if not subscribers or one.subscriber.name in subscribers]
        for message in repeated:
            self._try(message)
        return tries + len(repeated)

    def fail(
        self, subscriber: str, times: int = 1, error: Exception | type[Exception] = RuntimeError, *, after: bool = False
    ) -> None:
        """Have the next tries of a subscriber fail: before they have done anything, or `after` they have done all, as
        when the process loses its database in the last moment. Raises UnknownSubscriber."""
        name = catalogue.subscriber(subscriber).name
        made = error if isinstance(error, Exception) else error(f"this try of {name} was made to fail")
        self._troubles[name] = _Trouble(made, times, after)

    def assert_done(self, subscriber: str, event_type: type[Event] | None = None, **fields: Any) -> None:
        """The subscriber has done with all events of this test that it wants, or with those described; and there is
        one at least."""
        self._assert_outcome(Outcome.DONE, subscriber, event_type, fields)

    def assert_dead(
        self,
        subscriber: str,
        event_type: type[Event] | None = None,
        *,
        error: type[BaseException] | str | None = None,
        **fields: Any,
    ) -> None:
        """The deliveries of those events are dead letters; of that class of error, or with that text in it."""
        dead = self._assert_outcome(Outcome.DEAD, subscriber, event_type, fields)
        for position in dead if error else []:
            said = _last_error(position, subscriber)
            wanted = error if isinstance(error, str) else f"{getattr(error, '__name__', '')}: "
            _demand(wanted in said, f"{subscriber} died, but not of {wanted.rstrip(': ')}: {said}")

    def replay(self, subscriber: str | None = None, **criteria: Any) -> Replay:
        """Replay the dead letters of a subscriber, or of all, and deliver them; `criteria` are those of Selection.
        Raises NothingToReplay."""
        now, selection = database_now(), Selection(subscriber=subscriber, **criteria)
        made = create_replay(selection, name="replay of a test", reason="test", owner="test", now=now)
        while advance(now) or self.deliver():
            pass
        advance(now)
        made.refresh_from_db()
        return made

    def _logged(
        self, event_type: type[Event] = Event, fields: dict[str, Any] | None = None
    ) -> Iterator[tuple[int, Event]]:
        """Position and event, as it was emitted."""
        _refuse_unknown_fields(event_type, fields or {})
        for row in LoggedRow.objects.filter(position__gt=self._start).order_by("position"):
            declared = catalogue.event_type(row.name, row.version)
            event = declared.model_validate(declared.readable(row.payload, row.id))
            if isinstance(event, event_type) and (fields or {}).items() <= event.__dict__.items():
                yield row.position, event

    def _take(self, names: set[str], even_later: bool) -> list[Message]:
        if even_later:
            OutboxEntry.objects.update(available_at=database_now())
        while publish_due():
            pass
        taken = [message for message in Transport.kept if not names or message.subscriber.name in names]
        Transport.kept[:] = [message for message in Transport.kept if message not in taken]
        return taken

    def _try(self, message: Message) -> None:
        self._delivered[str(message.key)] = message
        trouble = self._troubles.get(message.subscriber.name)
        if trouble and trouble.times:
            trouble.times -= 1
            message = replace(message, subscriber=trouble.given_to(message.subscriber))
        with _commits():
            InlineTransport().publish([message])

    def _assert_outcome(
        self, outcome: Outcome, subscriber: str, event_type: type[Event] | None, fields: dict[str, Any]
    ) -> list[int]:
        wants = catalogue.subscriber(subscriber).wants
        wanted = {at: one for at, one in self._logged(event_type or Event, fields) if wants(one.event_name)}
        described = _described(event_type or Event, fields)
        _demand(wanted, f"{described} that {subscriber} wants was not emitted. {_listed('Emitted', self.emitted)}")
        states = {position: _state(position, subscriber) for position in wanted}
        others = [f"{wanted[at]!r} {words}" for at, (state, words) in states.items() if state != outcome]
        _demand(not others, _listed(f"{subscriber}: not {outcome.value}", others))
        return list(wanted)


def _commits() -> AbstractContextManager[list[Callable[[], Any]]]:
    """In a test that runs in one transaction, do what subscribers leave for after the commit."""
    return TestCase.captureOnCommitCallbacks(execute=True) if connection.in_atomic_block else nullcontext([])


def _results() -> Counter[str]:
    """What changes whenever a try has had any result but to wait."""
    tables = (LoggedRow, Delivery, Attempt)
    return Counter({table.__name__: table.objects.count() for table in tables})


def _state(position: int, subscriber: str) -> tuple[str, str]:
    """How the newest run ended, if it has, and the same in words."""
    delivery = Delivery.objects.filter(event_id=position, subscriber=subscriber).order_by("run").last()
    error = _last_error(position, subscriber)
    if delivery is None:
        return "", f"is retried after {error}" if error else "was not delivered yet"
    outcome = Outcome(delivery.outcome)
    return outcome, f"is {outcome.value}{f' of {error}' if outcome == Outcome.DEAD else ''}"


def _last_error(position: int, subscriber: str) -> str:
    attempt = Attempt.objects.filter(event_id=position, subscriber=subscriber).order_by("run", "number").last()
    return f"{attempt.error_class}: {attempt.message}\n{attempt.traceback}" if attempt else ""


def _demand(condition: object, message: str) -> None:
    """As `assert`, with the message as it is: pytest would indent it."""
    __tracebackhide__ = True
    if not condition:
        raise AssertionError(message)


def _described(event_type: type[Event], fields: dict[str, Any]) -> str:
    name = "An event" if event_type is Event else event_type.__name__
    return f"{name}({', '.join(f'{field}={value!r}' for field, value in fields.items())})" if fields else name


def _listed(title: str, lines: Sequence[object]) -> str:
    words = [line if isinstance(line, str) else repr(line) for line in lines or ["nothing"]]
    return "\n  ".join([f"{title}:", *words])


def _refuse_unknown_fields(event_type: type[Event], fields: dict[str, Any]) -> None:
    known = list(event_type.model_fields)
    for field in fields if event_type is not Event else ():
        if field not in known:
            raise TypeError(f"{event_type.__name__} has no field {field!r}{did_you_mean(field, known)}")
