"""Every error the platform raises.

EventsError
├── EmitError                   what emit refuses
│   ├── EmitOutsideTransaction
│   ├── PayloadTooLarge
│   ├── PayloadNotStorable
│   ├── StreamRepeated
│   └── StreamConflict
├── CatalogueError              what the catalogue does not know
│   ├── UnknownEvent
│   ├── UnknownSubscriber
│   ├── UnknownFold
│   └── UnknownProjection
├── SchemaError                 what keeps events from being described
│   ├── SchemaUnreadable
│   └── ExampleUnfit
├── SagaError                   what cannot be done with a saga
│   ├── SagaOutsideTransaction
│   └── UnknownSaga
├── SettingsError               what the EVENTS setting gets wrong
├── PersonalError               what goes wrong with personal data
│   ├── PersonalKeyLost
│   └── UnknownPerson
├── HistoryError                what keeps a stream from being folded
│   ├── StreamPruned
│   ├── StateNotStorable
│   ├── ForgottenOutsideTransaction
│   └── UnknownField
├── FailpointReached            what only tests ask for
├── DeliveryError               how a delivery ends early
│   ├── Reject
│   ├── Snooze
│   ├── PayloadUnreadable
│   ├── SubscriberAborted
│   ├── WorkerDied
│   ├── MessageLost
│   └── ResultNotStorable
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
│   ├── RebuildInstead
│   └── HistoryPruned
├── ReplayError                 what cannot be replayed
│   ├── SelectionWrong
│   ├── NothingToReplay
│   ├── ReplayRefused
│   └── ReplayOver
└── ProjectionError             what cannot be done with a read model
    ├── ProjectionHasEffects
    ├── RebuildRefused
    ├── RebuildFailed
    ├── RebuildOver
    └── AfterUnreadable

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


class StreamConflict(EmitError):
    """{event} was to follow event {expected_version} of the stream {stream}, which has {found_version}: what it was
    decided on is not the state of things. Roll back, read the state again, decide anew, and expect the version that you
    see then."""


class CatalogueError(EventsError):
    """The catalogue has no such entry."""


class UnknownEvent(CatalogueError):
    """No event type {name!r} with version {version} is known to this code{hint}."""


class UnknownSubscriber(CatalogueError):
    """No subscriber is called {name!r}{hint}."""


class UnknownFold(CatalogueError):
    """No @fold says what the events of the stream {stream} add up to."""


class UnknownProjection(CatalogueError):
    """No projection is called {name!r}{hint}."""


class SchemaError(EventsError):
    """The events could not be described."""


class SchemaUnreadable(SchemaError):
    """{file} is no JSON Schema: {why}. Take it from the version control again."""


class ExampleUnfit(SchemaError):
    """The example of {name} version {version} does not fit its type. Give the field one: Field(examples=[…]). {why}"""


class SagaError(EventsError):
    """The saga stays as it is."""


class SagaOutsideTransaction(SagaError):
    """The saga {saga} was started or cancelled outside a transaction, where the change that it belongs to could be
    lost. Wrap both in transaction.atomic()."""


class UnknownSaga(SagaError):
    """This code, or its database, has no saga {name!r} with the key {key!r}."""


class SettingsError(EventsError):
    """EVENTS in the settings is wrong: {why}."""


class PersonalError(EventsError):
    """Something is wrong with the personal data in the log."""


class PersonalKeyLost(PersonalError):
    """The key of {person} is encrypted with a secret that the settings do not have. Put that secret back, as one of
    SECRET_KEY_FALLBACKS, or after the first of EVENTS['personal_keys'] where that is set."""


class UnknownPerson(PersonalError):
    """The log knows nobody by the name {person!r}{hint}."""


class HistoryError(EventsError):
    """The history of the stream does not add up."""


class StreamPruned(HistoryError):
    """The stream {stream} goes on with event {stream_version} after {after}: what was before is pruned, so nobody can
    say what it adds up to. EVENTS['log_retention_days'] = None keeps the log for good."""


class StateNotStorable(HistoryError):
    """A {state} of the fold {fold} is not the same when it is read back from its JSON, so no snapshot of it was taken.
    Let the fields of the state be such that it is."""


class ForgottenOutsideTransaction(HistoryError):
    """Snapshots were to be forgotten outside a transaction, where others could be taken before the change is made that
    they are forgotten for. Wrap both in transaction.atomic()."""


class UnknownField(HistoryError):
    """{rows} says what {name!r} must be, and {state} has no such field{hint}."""


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


class ResultNotStorable(DeliveryError):
    """What a step of a saga recorded, or was given, cannot be stored as JSON: {why}. Record a small dict of numbers,
    text, lists and dicts, and refer to the rest."""


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


class RebuildInstead(SubscriptionError):
    """{name} is a projection: `manage.py events rebuild {name}` makes its read model from the beginning of the log,
    beside the live one, and faster."""


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


class ProjectionError(EventsError):
    """The read model stays as it is."""


class ProjectionHasEffects(ProjectionError):
    """The projection {name} emitted an event, or left work for after the commit, which every rebuild would do again.
    Let another subscriber do that, and let the projection write its own tables alone."""


class RebuildRefused(ProjectionError):
    """The read model is not rebuilt: {why}."""


class RebuildFailed(ProjectionError):
    """The rebuild of {name} was stopped, and the live read model is as it was: {why}"""


class RebuildOver(ProjectionError):
    """The rebuild of {name} is {state}, so it cannot be cancelled."""


class AfterUnreadable(ProjectionError):
    """?after={value} is no position in the log. Send the number that the header Log-Position of your own request
    had."""
