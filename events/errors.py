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
├── FailpointReached            what only tests ask for
├── DeliveryError               how a delivery ends early
│   ├── Reject
│   ├── Snooze
│   ├── PayloadUnreadable
│   ├── SubscriberAborted
│   ├── WorkerDied
│   └── MessageLost
├── MessageRefused              what a worker does not take from the broker
│   ├── MessageUndecodable
│   ├── MessageUnsigned
│   ├── MessageForged
│   ├── MessageMisshapen
│   ├── MessageOutdated
│   └── MessageRepeated
├── SubscriptionError           what cannot be done with a subscription
│   ├── NotSubscribed
│   ├── StillSubscribed
│   └── HistoryPruned
└── ReplayError                 what cannot be replayed
    ├── SelectionWrong
    ├── NothingToReplay
    ├── ReplayRefused
    └── ReplayOver

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


class FailpointReached(EventsError):
    """A test asked for an error at {point}."""


class DeliveryError(EventsError):
    """The delivery did not run to its end."""


class Reject(DeliveryError):
    """The subscriber rejected the event: {reason}"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return (type(self), (self.data["reason"],))


class Snooze(DeliveryError):
    """The delivery waits for {seconds:g} s: {reason}"""

    def __init__(self, seconds: float, reason: str = "what it needs is not there yet") -> None:
        super().__init__(seconds=seconds, reason=reason)

    def __reduce__(self) -> tuple[type[Self], tuple[float, str]]:
        return (type(self), (self.data["seconds"], self.data["reason"]))


class PayloadUnreadable(DeliveryError):
    """The payload of {name} version {version} does not fit its declared type: {why}"""


class SubscriberAborted(DeliveryError):
    """{subscriber} raised {error}, which would have ended the worker process."""


class WorkerDied(DeliveryError):
    """The message came back: the worker that had it died, or lost its connection to the broker."""


class MessageLost(DeliveryError):
    """Nothing was heard of the delivery for {seconds:.0f} s: the broker lost its message, or whatever took it died."""


class MessageRefused(EventsError):
    """The worker refused a message."""


class MessageUndecodable(MessageRefused):
    """The worker cannot read the message: {why}"""


class MessageUnsigned(MessageRefused):
    """The message has no signature: nothing of this project has sent it."""


class MessageForged(MessageRefused):
    """The signature of the message does not fit: somebody wrote or changed it who does not have the key, or the key it
    was signed with is no longer among EVENTS['signing_keys']."""


class MessageMisshapen(MessageRefused):
    """The message is signed, but is not what a worker can run: {why}"""


class MessageOutdated(MessageRefused):
    """The message is {age_seconds:.0f} s from now by the clock of the worker, and {limit_seconds:g} s are allowed."""


class MessageRepeated(MessageRefused):
    """The message {task_id} was carried out before."""


class SubscriptionError(EventsError):
    """The subscription stays as it is."""


class NotSubscribed(SubscriptionError):
    """There is no subscription {name!r}{hint}."""


class StillSubscribed(SubscriptionError):
    """{name} is a subscriber of this code, so its subscription is needed. Remove the function first, or pause it."""


class HistoryPruned(SubscriptionError):
    """{name} cannot start from the beginning of the log: its settled deliveries were pruned on {pruned_at:%Y-%m-%d},
    and what they stood for would be done a second time. Replay single deliveries, or give the subscriber a new name."""


class ReplayError(EventsError):
    """Nothing was replayed or discarded."""


class SelectionWrong(ReplayError):
    """The deliveries to replay cannot be chosen like this: {why}."""


class NothingToReplay(ReplayError):
    """There is nothing to {action}{why}."""


class ReplayRefused(ReplayError):
    """The replay was not made: {why}."""


class ReplayOver(ReplayError):
    """The replay {name!r} is {state}, so it cannot be {wish}."""
