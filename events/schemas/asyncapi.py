"""One AsyncAPI 3.0 document of all events: a channel for each pattern of streams, an operation for each package that
emits into it and for each subscriber that takes from it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from hashlib import sha256
from string import Formatter
from typing import Any

from pydantic import TypeAdapter

from events import catalogue
from events.event import LoggedEvent
from events.schemas.described import DescribedEvent, summary_of
from events.subscribers import Subscriber

Document = dict[str, Any]

_DESCRIPTION = (
    "Every event of the log. A channel is a pattern of streams: the events of one stream are in order. Who sends is "
    "the package that declares the event; who receives are its subscribers, each of which gets every event once."
)


def asyncapi(described: Sequence[DescribedEvent]) -> Document:
    """The document; payloads are in files beside it."""
    channels: dict[str, list[DescribedEvent]] = {}
    for one in sorted(described, key=lambda one: (one.stream, one.key)):
        channels.setdefault(one.stream, []).append(one)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Events", "version": _fingerprint(described), "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {channel_id(stream): _channel(stream, events) for stream, events in channels.items()},
        "operations": dict(_operations(channels)),
        "components": {
            "messages": {one.key: _message(one) for one in described},
            "schemas": {"headers": _headers()},
            "correlationIds": {"cause": {"location": "$message.header#/correlation_id"}},
        },
    }


def channel_id(stream: str) -> str:
    """The name of a channel: its pattern without braces."""
    return stream.replace("{", "").replace("}", "")


def _fingerprint(described: Sequence[DescribedEvent]) -> str:
    """Another version of the document for other payloads."""
    text = json.dumps([one.schema for one in described], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:12]


def _channel(stream: str, events: list[DescribedEvent]) -> Document:
    names = [name for _, name, _, _ in Formatter().parse(stream) if name]
    return {
        "address": stream,
        "messages": {one.key: {"$ref": f"#/components/messages/{one.key}"} for one in events},
        "parameters": {name: {"location": f"$message.payload#/{name}"} for name in names},
    }


def _operations(channels: dict[str, list[DescribedEvent]]) -> Iterator[tuple[str, Document]]:
    """First those that send, then those that receive, by name."""
    for stream, events in channels.items():
        for package in sorted({one.package for one in events}):
            sent = [one for one in events if one.package == package]
            yield f"{package}:{channel_id(stream)}", _operation("send", f"{package} emits.", stream, sent)
    for subscriber in catalogue.subscribers():
        for stream, events in channels.items():
            if wanted := [one for one in events if subscriber.wants(one.name)]:
                received = _operation("receive", summary_of(subscriber), stream, wanted)
                yield f"{subscriber.name}:{channel_id(stream)}", received | _options(subscriber)


def _operation(action: str, summary: str, stream: str, events: list[DescribedEvent]) -> Document:
    channel = f"#/channels/{channel_id(stream)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        **({"summary": summary} if summary else {}),
        "messages": [{"$ref": f"{channel}/messages/{one.key}"} for one in events],
    }


def _options(subscriber: Subscriber) -> Document:
    return {
        "x-subscriber": subscriber.name,
        "x-effects": subscriber.effects,
        "x-ordered": subscriber.ordered,
        "x-queue": subscriber.queue,
    }


def _message(one: DescribedEvent) -> Document:
    summary, *more = one.description or [""]
    return {
        "name": one.name,
        "title": one.event_type.__name__,
        **({"summary": summary} if summary else {}),
        **({"description": "\n\n".join(more)} if more else {}),
        "tags": [{"name": one.package}],
        "headers": {"$ref": "#/components/schemas/headers"},
        "correlationId": {"$ref": "#/components/correlationIds/cause"},
        "payload": {"$ref": f"./{one.key}.json"},
        "examples": [{"payload": one.example}],
        "x-version": one.version,
        "x-older-versions": one.older_versions,
        "x-subscribers": [subscriber.name for subscriber in one.subscribers],
    }


def _headers() -> Document:
    """What the log keeps beside the payload."""
    schema = TypeAdapter(LoggedEvent).json_schema(mode="serialization")
    names = [field.name for field in fields(LoggedEvent) if field.name != "payload"]
    properties = {
        name: {key: value for key, value in schema["properties"][name].items() if key != "title"} for name in names
    }
    return {"type": "object", "properties": properties, "required": names}
