"""What a subscriber is, and the decorator that makes a function one."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

from events import catalogue
from events.errors import CatalogueError, PayloadUnreadable, Reject, WorkerDied
from events.event import Event, LoggedEvent

Effects = Literal["database", "external"]
Start = Literal["now", "beginning"]

#: Errors that no retry mends: the event was refused, this code cannot read it, or its tries were used up.
FINAL_ERRORS: tuple[type[Exception], ...] = (Reject, CatalogueError, PayloadUnreadable, WorkerDied)

_LOGGED = tuple(field.name for field in fields(LoggedEvent))


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """What names one delivery: the event, the subscriber, and the run (0, then 1, 2 … for replays)."""

    event_id: UUID
    subscriber: str
    run: int = 0

    def __str__(self) -> str:
        return f"{self.event_id}:{self.subscriber}:{self.run}"

    @classmethod
    def parse(cls, text: str) -> DeliveryKey:
        """Read `<event id>:<subscriber>:<run>`. Raises ValueError for anything else."""
        event_id, subscriber, run = text.split(":")
        return cls(UUID(event_id), subscriber, int(run))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(LoggedEvent):
    """The logged event as one subscriber gets it: who, when, why, where in the log, and which try this is."""

    subscriber: str
    run: int
    attempt: int

    @property
    def event_id(self) -> UUID:
        """The id of the event."""
        return self.id

    @property
    def key(self) -> DeliveryKey:
        """What names this delivery."""
        return DeliveryKey(self.id, self.subscriber, self.run)

    @property
    def idempotency_key(self) -> str:
        """The same for every try and every replay of this event for this subscriber: hand it to the outside."""
        return f"{self.id}:{self.subscriber}"

    @classmethod
    def of(cls, event: LoggedEvent, subscriber: str, run: int, attempt: int) -> Context:
        """The context of one try."""
        logged = {name: getattr(event, name) for name in _LOGGED}
        return cls(**logged, subscriber=subscriber, run=run, attempt=attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A function that reacts to events, with how to run it."""

    name: str
    function: Callable[..., Any]
    event_types: tuple[type[Event], ...]
    takes_context: bool
    effects: Effects = "database"
    queue: str = "default"
    max_retries: int = 5
    backoff_seconds: int = 1
    backoff_cap_seconds: int = 600
    final_errors: tuple[type[Exception], ...] = ()
    transient_errors: tuple[type[Exception], ...] = ()
    soft_time_limit_seconds: float | None = None
    time_limit_seconds: float | None = None
    ordered: bool = False
    start: Start = "now"
    #: Whether its effect is a read model that a rebuild may swap: its deliveries then take turns with the swap.
    swappable: bool = False
    #: Called in the transaction that settles the delivery as done, with what the function returned.
    then: Callable[[Any, Context], None] | None = None
    #: Called in the transaction that settles the delivery as dead, with the event and the Failure. When it fails, the
    #: dead letter is not written either, and both are tried again.
    buried: Callable[[LoggedEvent, Any], None] | None = None
    #: Whether a dead letter of an error that goes away by itself is replayed without being asked for.
    replayed_automatically: bool = True

    @property
    def wanted_names(self) -> list[str] | None:
        """The names of the events that it wants, or None for all of them."""
        return None if Event in self.event_types else sorted({wanted.event_name for wanted in self.event_types})

    @property
    def lane(self) -> list[str] | None:
        """What the functions of the database know an ordered subscriber's lanes by; None when it is not ordered."""
        return (self.wanted_names or ["*"]) if self.ordered else None

    def wants(self, event_name: str) -> bool:
        """Whether events of this name are for this subscriber; `Event` itself stands for all."""
        return any(wanted is Event or wanted.event_name == event_name for wanted in self.event_types)

    def never_retried(self) -> tuple[type[Exception], ...]:
        """The errors that end a delivery at once."""
        return FINAL_ERRORS + self.final_errors

    def call(self, event: Event, context: Context) -> Any:
        """Run the function on the event, with the context if it asks for one; what it returns is for `then`."""
        return self.function(event, context) if self.takes_context else self.function(event)


class Options(TypedDict, total=False):
    """What @subscriber takes besides event types and name."""

    effects: Effects
    queue: str
    max_retries: int
    backoff_seconds: int
    backoff_cap_seconds: int
    final_errors: tuple[type[Exception], ...]
    transient_errors: tuple[type[Exception], ...]
    soft_time_limit_seconds: float | None
    time_limit_seconds: float | None
    ordered: bool
    start: Start


def subscriber(
    *event_types: type[Event], name: str, **options: Unpack[Options]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a subscriber of the given types of events; `Event` itself stands for all of them.

    The function takes the event and, if it has a second parameter, the Context. Its name is part of what is stored:
    keep it for as long as deliveries under it matter. Options, with their defaults:

    - `effects="database"`: the function runs inside one transaction with its delivery, so its writes happen once.
      `"external"`: outside any transaction, at least once; give the Context's idempotency_key to the outside.
    - `queue="default"`: the Celery queue.
    - `max_retries=5`, `backoff_seconds=1`, `backoff_cap_seconds=600`: retries, with a random wait of up to
      backoff × 2^retries; `final_errors=()` are never retried, and neither is Reject.
    - `transient_errors=()`: errors that go away by themselves, besides lost connections and time-outs; what died of one
      is replayed automatically some minutes later.
    - `ordered=False`: whether each stream's events are delivered strictly one after another.
    - `start="now"`: a new subscriber gets the events from then on; `"beginning"`: all that the log has.
    - `soft_time_limit_seconds`, `time_limit_seconds`: Celery's time limits, both or none; None takes the worker's.

    The function itself stays as it was and can be called directly.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        takes_context = len(inspect.signature(function).parameters) > 1
        catalogue.add_subscriber(
            Subscriber(name=name, function=function, event_types=event_types, takes_context=takes_context, **options)
        )
        return function

    return declare


def load_subscribers(package: str) -> None:
    """Import every module of a package, so that the subscribers in it enter the catalogue."""
    for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        import_module(module.name)
