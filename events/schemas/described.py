"""One event type as others are told of it: its schema, an example, where it comes from and who waits for it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from events import catalogue
from events.errors import ExampleUnfit
from events.event import Event
from events.personal import SEALED
from events.schemas.examples import example_of
from events.schemas.payloads import DIALECT, Schema, paragraphs, payload_schema, plain_schema, resolved
from events.subscribers import Subscriber

#: In examples, in the place of what is encrypted.
_CIPHER = "kH1w0Zt8b2Vf3mC7sJ5yQe9RrT4uXo6LdNqAgPiB"


@dataclass(frozen=True)
class DescribedEvent:
    """A declared version of an event."""

    event_type: type[Event]

    @property
    def name(self) -> str:
        """Such as `order.placed`."""
        return self.event_type.event_name

    @property
    def version(self) -> int:
        """From 1."""
        return self.event_type.event_version

    @property
    def key(self) -> str:
        """Name and version in one word: `order.placed.v1`."""
        return f"{self.name}.v{self.version}"

    @property
    def stream(self) -> str:
        """The pattern of its streams, such as `order-{order_id}`."""
        return self.event_type.event_stream

    @property
    def person(self) -> str:
        """The pattern of the people it is about; empty for nobody."""
        return self.event_type.event_person

    @property
    def is_personal(self) -> bool:
        """Whether it says something that is encrypted in the log."""
        return bool(self.event_type.personal_fields)

    @property
    def package(self) -> str:
        """The package that declares and emits it: `shop.orders`."""
        return self.event_type.__module__.rpartition(".")[0]

    @property
    def description(self) -> list[str]:
        """The paragraphs of its docstring."""
        return paragraphs(self.event_type.__doc__)

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Who wants it, by name."""
        return catalogue.subscribers_of(self.name)

    @property
    def older_versions(self) -> list[int]:
        """The versions in the log that are read as this one."""
        present = {version for name, version, _ in catalogue.upcasters() if name == self.name}
        return [
            version
            for version in sorted(present)
            if version + len(catalogue.upcasters_of(self.name, version)) == self.version
        ]

    @cached_property
    def schema(self) -> Schema:
        """Its JSON Schema, with the example in it. Raises ExampleUnfit."""
        described = {"description": "\n\n".join(self.description)} if self.description else {}
        person = {"x-person": self.person} if self.person else {}
        return {
            "$schema": DIALECT,
            "$id": f"urn:event:{self.name}:{self.version}",
            "title": self.event_type.__name__,
            **described,
            "x-event": self.name,
            "x-version": self.version,
            "x-stream": self.stream,
            **person,
            "x-declared-by": self.package,
            **payload_schema(self.event_type),
            "examples": [self._example()],
        }

    @property
    def example(self) -> dict[str, Any]:
        """A payload, as the log would have it. Raises ExampleUnfit."""
        return self.schema["examples"][0]

    @property
    def fields(self) -> dict[str, Schema]:
        """The schema of each field by its name, with what it refers to in its place."""
        return resolved(self.schema).get("properties", {})

    def _example(self) -> dict[str, Any]:
        example = example_of(resolved(plain_schema(self.event_type)))
        try:
            event = self.event_type.model_validate(example)
        except ValidationError as error:
            raise ExampleUnfit(name=self.name, version=self.version, why=str(error)) from error
        sealed = [name for name in self.event_type.personal_fields if example[name]]
        return example | {name: {SEALED: _CIPHER, "person": event.whose, "field": name} for name in sealed}


def described_events() -> list[DescribedEvent]:
    """All declared events, by name and version."""
    return [DescribedEvent(event_type) for event_type in catalogue.event_types()]


def described_event(name: str) -> DescribedEvent | None:
    """The newest declared version of an event, if there is one."""
    found = (described for described in described_events() if described.name == name)
    return max(found, key=lambda described: described.version, default=None)


def summary_of(subscriber: Subscriber) -> str:
    """The first paragraph of its docstring, or nothing."""
    return next(iter(paragraphs(subscriber.function.__doc__)), "")
