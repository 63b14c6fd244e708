"""The event catalogue for people: every event that the code declares, by the part of the project that declares it."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.utils.text import capfirst

from events import catalogue
from events.schemas import (
    ASYNCAPI,
    DescribedEvent,
    asyncapi,
    described_event,
    described_events,
    schema_name,
    summary_of,
)
from events.subscribers import Subscriber


@dataclass(frozen=True)
class Area:
    """A part of the project, such as orders, with the newest version of each of its events."""

    title: str
    package: str
    events: list[DescribedEvent]


@dataclass(frozen=True)
class Field:
    """A field of a payload, as a row of a table."""

    name: str
    type: str
    is_required: bool
    is_personal: bool
    description: str


@dataclass(frozen=True)
class Reader:
    """A subscriber of an event."""

    subscriber: Subscriber
    summary: str


@dataclass(frozen=True)
class Sheet:
    """Everything that the page of one event shows."""

    event: DescribedEvent
    area: str
    fields: list[Field]
    readers: list[Reader]
    example: str

    @property
    def has_remarks(self) -> bool:
        """Whether there is anything to say of a field beside its type."""
        return any(field.is_personal or field.description for field in self.fields)


def areas() -> list[Area]:
    """Every area by its app, and its events by name."""
    newest = {described.name: described for described in described_events()}
    by_package: dict[str, list[DescribedEvent]] = defaultdict(list)
    for described in newest.values():
        app = apps.get_containing_app_config(described.package)
        by_package[app.name if app else described.package].append(described)
    return [Area(_title(package), package, by_package[package]) for package in sorted(by_package)]


def sheet(name: str) -> Sheet | None:
    """The page of an event, if there is one of that name."""
    described = described_event(name)
    if described is None:
        return None
    return Sheet(
        event=described,
        area=_title(described.package),
        fields=_fields(described),
        readers=[Reader(subscriber, summary_of(subscriber)) for subscriber in described.subscribers],
        example=_text(described.example),
    )


def file(name: str) -> str | None:
    """The text of one of the files that `manage.py events schema` writes, as this code would write it."""
    described = tuple(described_events())
    if name == ASYNCAPI:
        return _asyncapi(described, tuple(catalogue.subscribers()))
    return next((_text(one.schema) for one in described if schema_name(one) == name), None)


def type_words(schema: dict[str, Any]) -> str:
    """A type in few signs: `integer`, `decimal | null`, `string[]`."""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(map(type_words, alternatives))
    match schema.get("type"):
        case "array":
            return f"{type_words(schema.get('items', {}))}[]"
        case "object" if "properties" in schema:
            return str(schema.get("title", "object"))
    return str(schema.get("format") or schema.get("type") or "any")


def _fields(described: DescribedEvent) -> list[Field]:
    required = described.schema["required"]
    return [
        Field(
            name=name,
            type=type_words(schema["anyOf"][0] if "x-personal" in schema else schema),  # not the envelope around it
            is_required=name in required,
            is_personal="x-personal" in schema,
            description=schema.get("description", ""),
        )
        for name, schema in described.fields.items()
    ]


def _title(package: str) -> str:
    app = apps.get_containing_app_config(package)
    return capfirst(str(app.verbose_name)) if app else package


@lru_cache(maxsize=1)
def _asyncapi(described: tuple[DescribedEvent, ...], subscribers: tuple[Subscriber, ...]) -> str:
    """Made once for each catalogue, because anybody may ask for it."""
    return _text(asyncapi(described))


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
