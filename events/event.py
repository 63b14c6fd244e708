"""What an event is: its type, declared in code, and the fact, as the log keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from events import catalogue, personal
from events.errors import PayloadUnreadable


class Event(BaseModel):
    """A fact in the past tense. Subclass it to declare a type of event:

        class OrderPlaced(Event, name="order.placed", version=1, stream="order-{order_id}"):
            order_id: int

    `name` and `version` find the class again when a logged event is read; `stream` is a format string over the fields,
    and so is `person`, which says whom the event is about. Fields marked as Personal are encrypted with that person's
    key in the log, and nowhere else: the event itself has plain values.
    Subclasses are immutable and refuse unknown fields, infinities and NaN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    event_name: ClassVar[str]
    event_version: ClassVar[int]
    event_stream: ClassVar[str]
    #: Whom it is about, as a format string; empty when it is about nobody.
    event_person: ClassVar[str]
    #: The fields that are encrypted in the log, and what each is once the person is erased.
    personal_fields: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # The class keywords are read below, when the fields are known.
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]
        cls, *, name: str, stream: str, version: int = 1, person: str = "", **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.event_name, cls.event_version, cls.event_stream, cls.event_person = name, version, stream, person
        cls.personal_fields = personal.blanks(cls.model_fields)
        catalogue.add_event_type(cls)

    @property
    def stream(self) -> str:
        """The stream this event belongs to, such as `order-42`."""
        return self.event_stream.format_map(self.__dict__)

    @property
    def whose(self) -> str:
        """Whom this event is about, such as `customer-42`; empty for nobody."""
        return self.event_person.format_map(self.__dict__)

    def impersonal(self) -> dict[str, Any]:
        """Its fields as JSON values, without the personal ones: what may be written down for good."""
        return self.model_dump(mode="json", exclude=set(self.personal_fields))

    @classmethod
    def readable(cls, payload: catalogue.Payload, event_id: UUID) -> catalogue.Payload:
        """A logged payload of this type with its personal fields decrypted, or blank once the person is erased. Raises
        PayloadUnreadable and PersonalKeyLost."""
        if not cls.personal_fields:
            return payload
        try:
            return personal.opened(payload, cls.personal_fields, event_id=event_id, name=cls.event_name)
        except personal.EnvelopeDamaged as error:
            raise PayloadUnreadable(name=cls.event_name, version=cls.event_version, why=str(error)) from error


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as it stands in the log: what happened (name, version, payload), to what (stream), where in the log
    (position), when, by whom, and what led to it."""

    position: int
    id: UUID
    stream: str
    stream_version: int
    name: str
    version: int
    payload: dict[str, Any]
    correlation_id: UUID
    causation_id: UUID | None
    actor: str
    traceparent: str
    occurred_at: datetime

    def typed(self) -> Event:
        """The event as an instance of its declared type: the newest that upcasters lead to. Upcasters see personal
        fields encrypted; here they are plain, or blank once the person is erased. Raises UnknownEvent,
        PayloadUnreadable or PersonalKeyLost."""
        upcasters = catalogue.upcasters_of(self.name, self.version)
        event_type = catalogue.event_type(self.name, self.version + len(upcasters))
        payload = self._upcast(upcasters) if upcasters else self.payload
        if event_type.personal_fields:
            self._refuse_moved_envelopes()
            payload = event_type.readable(payload, self.id)
        try:
            return event_type.model_validate(payload)
        except ValidationError as error:
            why = _without_values(error) if event_type.personal_fields else str(error)
            raise PayloadUnreadable(name=self.name, version=self.version, why=why) from error

    def uncovered(self) -> catalogue.Payload:
        """The payload as it was logged, for people to look at: with personal fields plain, or saying that the person is
        erased. Raises PersonalKeyLost."""
        return personal.uncovered(self.payload, event_id=self.id, name=self.name)

    def _refuse_moved_envelopes(self) -> None:
        try:
            personal.refuse_moved(self.payload)
        except personal.EnvelopeDamaged as error:
            raise PayloadUnreadable(name=self.name, version=self.version, why=str(error)) from error

    def _upcast(self, upcasters: list[catalogue.Upcaster]) -> catalogue.Payload:
        payload = deepcopy(self.payload)  # the log's own stays what it is, whatever an upcaster does to it
        for upcaster in upcasters:
            try:
                payload = upcaster(payload)
            except Exception as error:
                why = f"the upcaster {upcaster.__module__}.{upcaster.__qualname__} raised {error!r}"
                raise PayloadUnreadable(name=self.name, version=self.version, why=why) from error
        return payload

    def to_message(self) -> dict[str, Any]:
        """The event as JSON-ready values, for a task message."""
        return json.loads(json.dumps(asdict(self), default=_to_json))

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> LoggedEvent:
        """Read what to_message wrote. Raises KeyError, TypeError or ValueError for anything else."""
        values = dict(message)
        values["id"] = UUID(values["id"])
        values["correlation_id"] = UUID(values["correlation_id"])
        values["causation_id"] = UUID(values["causation_id"]) if values["causation_id"] else None
        values["occurred_at"] = datetime.fromisoformat(values["occurred_at"])
        return cls(**values)


def upcaster(name: str, *, version: int) -> Callable[[catalogue.Upcaster], catalogue.Upcaster]:
    """Make a function the way from one version of an event to the next, for what the log has of the old one:

        @upcaster("order.placed", version=1)
        def add_currency(payload):
            return payload | {"currency": "GBP"}

    It takes a payload of that version, as JSON values, and returns one of the version after it. Subscribers then only
    meet the newest. It has to be a function of the payload alone, because events are read again and again.
    """

    def declare(function: catalogue.Upcaster) -> catalogue.Upcaster:
        catalogue.add_upcaster(name, version, function)
        return function

    return declare


def _without_values(error: ValidationError) -> str:
    """What is wrong with which field, for an error that is kept, and must not tell what the person's key would."""
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))


def _to_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
