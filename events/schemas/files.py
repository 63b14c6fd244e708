"""The schemas as files in a directory that is committed, so that a review sees how events change."""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from events.errors import SchemaUnreadable
from events.schemas.asyncapi import asyncapi
from events.schemas.breaking import Break, breaks
from events.schemas.described import DescribedEvent, described_events
from events.schemas.payloads import Schema

ASYNCAPI = "asyncapi.json"
_SCHEMA = re.compile(r"(?P<name>.+)\.v(?P<version>[1-9]\d*)\.json")


def schema_name(described: DescribedEvent) -> str:
    """The file of a version: `order.placed.v1.json`."""
    return f"{described.key}.json"


class SchemaFiles:
    """What a directory has, beside what the code says."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.described = described_events()

    def breaks(self) -> list[Break]:
        """The changes that need a new version. Raises SchemaUnreadable or ExampleUnfit."""
        return breaks(dict(self._committed()), {(one.name, one.version): one.schema for one in self.described})

    def changed(self) -> list[str]:
        """The files that writing would change. Raises ExampleUnfit."""
        return [name for name, text in self._rendered.items() if self._text(name) != text]

    def write(self) -> list[str]:
        """Write what has changed, and say what that is. A version that only an upcaster reads keeps its file."""
        changed = self.changed()
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in changed:
            (self.directory / name).write_text(self._rendered[name], encoding="utf-8")
        return changed

    @cached_property
    def _rendered(self) -> dict[str, str]:
        schemas = {schema_name(one): _as_text(one.schema) for one in self.described}
        return schemas | {ASYNCAPI: _as_text(asyncapi(self.described))}

    def _text(self, name: str) -> str | None:
        path = self.directory / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _committed(self) -> Iterator[tuple[tuple[str, int], Schema]]:
        for path in sorted(self.directory.glob("*.json")):
            if found := _SCHEMA.fullmatch(path.name):
                yield (found["name"], int(found["version"])), _read(path)


def _read(path: Path) -> Schema:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SchemaUnreadable(file=path, why=str(error)) from error
    if not isinstance(schema, dict):
        raise SchemaUnreadable(file=path, why="it is no JSON object")
    return schema


def _as_text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
