"""The catalogue: every event type, every subscriber and every fold that this code declares.

Declaring is registering: an Event subclass and a @subscriber function enter the catalogue when their module is
imported. Contradictions are kept, not raised, so that `manage.py check` can report all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from events.conf import did_you_mean
from events.errors import UnknownEvent, UnknownFold, UnknownSubscriber

if TYPE_CHECKING:
    from events.event import Event
    from events.folding import Fold, Verification
    from events.subscribers import Subscriber

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]


@dataclass
class _Entries:
    event_types: dict[tuple[str, int], type[Event]] = field(default_factory=dict)
    #: By the name and version of what they read.
    upcasters: dict[tuple[str, int], Upcaster] = field(default_factory=dict)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    #: By how their streams begin.
    folds: dict[str, Fold] = field(default_factory=dict)
    verifications: dict[str, Verification] = field(default_factory=dict)
    duplicates: list[tuple[object, object]] = field(default_factory=list)
    #: Subscribers by event name; emptied whenever the catalogue changes.
    wanted_by: dict[str, tuple[Subscriber, ...]] = field(default_factory=dict)


_entries = _Entries()


def add_event_type(event_type: type[Event]) -> None:
    """Register a declared event type."""
    key = (event_type.event_name, event_type.event_version)
    present = _entries.event_types.setdefault(key, event_type)
    if present is not event_type:
        _entries.duplicates.append((present, event_type))


def add_upcaster(name: str, version: int, upcaster: Upcaster) -> None:
    """Register what makes a payload of this version one of the next."""
    present = _entries.upcasters.setdefault((name, version), upcaster)
    if present is not upcaster:
        _entries.duplicates.append((present, upcaster))


def add_subscriber(subscriber: Subscriber) -> None:
    """Register a declared subscriber."""
    present = _entries.subscribers.setdefault(subscriber.name, subscriber)
    if present is not subscriber:
        _entries.duplicates.append((present.function, subscriber.function))
    _entries.wanted_by.clear()


def add_fold(fold: Fold) -> None:
    """Register a declared fold."""
    present = _entries.folds.setdefault(fold.prefix, fold)
    if present is not fold:
        _entries.duplicates.append((present.step, fold.step))


def add_verification(verification: Verification) -> None:
    """Register what folded streams are compared with."""
    present = _entries.verifications.setdefault(verification.prefix, verification)
    if present is not verification:
        _entries.duplicates.append((present.rows, verification.rows))


def event_types() -> list[type[Event]]:
    """All declared event types, by name and version."""
    return [event_type for _, event_type in sorted(_entries.event_types.items(), key=lambda item: item[0])]


def event_type(name: str, version: int) -> type[Event]:
    """The declared type of a logged event. Raises UnknownEvent."""
    try:
        return _entries.event_types[name, version]
    except KeyError:
        known = [known for known, _ in _entries.event_types]
        raise UnknownEvent(name=name, version=version, hint=did_you_mean(name, known)) from None


def upcasters() -> list[tuple[str, int, Upcaster]]:
    """All upcasters, with the name and version of what they read."""
    return [(name, version, _entries.upcasters[name, version]) for name, version in sorted(_entries.upcasters)]


def upcasters_of(name: str, version: int) -> list[Upcaster]:
    """The upcasters on the way from a logged version to the newest declared one that they lead to; none when they lead
    to none."""
    way: list[Upcaster] = []
    length = 0
    while upcaster := _entries.upcasters.get((name, version + len(way))):
        way.append(upcaster)
        if (name, version + len(way)) in _entries.event_types:
            length = len(way)
    return way[:length]


def subscribers() -> list[Subscriber]:
    """All declared subscribers, by name."""
    return [subscriber for _, subscriber in sorted(_entries.subscribers.items())]


def subscriber(name: str) -> Subscriber:
    """The subscriber of that name. Raises UnknownSubscriber."""
    try:
        return _entries.subscribers[name]
    except KeyError:
        raise UnknownSubscriber(name=name, hint=did_you_mean(name, list(_entries.subscribers))) from None


def subscribers_of(event_name: str) -> tuple[Subscriber, ...]:
    """The subscribers that want events of this name, by name."""
    if event_name not in _entries.wanted_by:
        _entries.wanted_by[event_name] = tuple(one for one in subscribers() if one.wants(event_name))
    return _entries.wanted_by[event_name]


def folds() -> list[Fold]:
    """All declared folds, by how their streams begin."""
    return [fold for _, fold in sorted(_entries.folds.items())]


def fold_of(stream: str) -> Fold:
    """The fold of a stream: of those whose streams begin like it, the one that says most. Raises UnknownFold."""
    found = [prefix for prefix in _entries.folds if stream.startswith(prefix)]
    if not found:
        raise UnknownFold(stream=stream)
    return _entries.folds[max(found, key=len)]


def verifications() -> list[Verification]:
    """All declared verifications, by how their streams begin."""
    return [verification for _, verification in sorted(_entries.verifications.items())]


def duplicates() -> list[tuple[object, object]]:
    """Pairs of declarations that claim the same name."""
    return _entries.duplicates


@contextmanager
def scratch(*, empty: bool = False) -> Iterator[None]:
    """Declarations made inside are forgotten afterwards; with `empty`, those made before are hidden meanwhile."""
    global _entries
    before = _entries
    _entries = (
        _Entries()
        if empty
        else _Entries(
            event_types=dict(before.event_types),
            upcasters=dict(before.upcasters),
            subscribers=dict(before.subscribers),
            folds=dict(before.folds),
            verifications=dict(before.verifications),
            duplicates=list(before.duplicates),
        )
    )
    try:
        yield
    finally:
        _entries = before
