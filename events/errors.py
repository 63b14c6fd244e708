"""Every error the platform raises.

EventsError
├── EmitError                   what emit refuses
│   ├── EmitOutsideTransaction
│   ├── PayloadTooLarge
│   ├── PayloadNotStorable
│   └── StreamRepeated
├── CatalogueError              what the catalogue does not know
│   ├── UnknownEvent
│   └── UnknownSubscriber
├── SettingsError               what the EVENTS setting gets wrong
├── DeliveryError               how a delivery ends early
│   ├── Reject
│   ├── PayloadUnreadable
│   └── SubscriberAborted
└── ReplayError                 what cannot be replayed
    ├── NotDead
    └── AlreadyReplayed

The docstring of a class is its message; the data it names are attributes.
"""

from typing import Any, Self


class EventsError(Exception):
    """Something in the event platform went wrong."""

    def __init__(self, **data: Any) -> None:
        self.__dict__.update(data)
        self.data = data
        super().__init__(" ".join((self.__doc__ or "").split()).format(**data))

    def __reduce__(self) -> tuple[Any, ...]:
        # Celery carries exceptions between processes by pickling them; the default would hand the message to **data.
        return (_rebuild, (type(self), self.data))


def _rebuild(error: type[EventsError], data: dict[str, Any]) -> EventsError:
    return error(**data)


class EmitError(EventsError):
    """The event was not emitted."""


class EmitOutsideTransaction(EmitError):
    """{event} was emitted outside a transaction, where it could be logged although the change it tells of is lost.
    Wrap the change and the emit in transaction.atomic()."""


class PayloadTooLarge(EmitError):
    """The payload of {event} has {size_bytes} bytes, more than the limit of {limit_bytes}. Store the large part in a
    row of its own and let the event refer to it, or raise EVENTS['payload_limit_bytes']."""


class PayloadNotStorable(EmitError):
    """The payload of {event} cannot be stored as JSON: {why}."""


class StreamRepeated(EmitError):
    """emit_many was given two events of the stream {stream}. Emit the events of one stream one after another, so that
    their order is certain."""


class CatalogueError(EventsError):
    """The catalogue has no such entry."""


class UnknownEvent(CatalogueError):
    """No event type {name!r} with version {version} is known to this code{hint}."""


class UnknownSubscriber(CatalogueError):
    """No subscriber is called {name!r}{hint}."""


class SettingsError(EventsError):
    """EVENTS in the settings is wrong: {why}."""


class DeliveryError(EventsError):
    """The delivery did not run to its end."""


class Reject(DeliveryError):
    """The subscriber rejected the event: {reason}"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return (type(self), (self.data["reason"],))


class PayloadUnreadable(DeliveryError):
    """The payload of {name} version {version} does not fit its declared type: {why}"""


class SubscriberAborted(DeliveryError):
    """{subscriber} raised {error}, which would have ended the worker process."""


class ReplayError(EventsError):
    """The delivery was not replayed."""


class NotDead(ReplayError):
    """{key} is {outcome}; only a dead delivery can be replayed."""


class AlreadyReplayed(ReplayError):
    """{key} was already replayed as run {run}, which is {outcome}. Look at that run instead."""
