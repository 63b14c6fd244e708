"""The JSON Schema of a payload as the log has it."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DecimalSchema

from events.event import Event
from events.personal import SCHEMA_KEY, SEALED

Schema = dict[str, Any]
DIALECT = GenerateJsonSchema.schema_dialect

_DECIMAL_BOUNDS = ("ge", "gt", "le", "lt", "multiple_of", "max_digits", "decimal_places")


class _PayloadSchema(GenerateJsonSchema):
    """Pydantic's, without a title for each field, and with decimals told apart from other text."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """The name of a field says what its title would."""
        return False

    def decimal_schema(self, schema: DecimalSchema) -> Schema:
        """Text in the log, for which JSON Schema has no bounds."""
        given: Mapping[str, Any] = schema
        bounds = {f"x-{bound}": str(given[bound]) for bound in _DECIMAL_BOUNDS if given.get(bound) is not None}
        return super().decimal_schema(schema) | {"format": "decimal"} | bounds


def plain_schema(event_type: type[Event]) -> Schema:
    """The schema of what subscribers read, as JSON."""
    return event_type.model_json_schema(mode="serialization", schema_generator=_PayloadSchema)


def payload_schema(event_type: type[Event]) -> Schema:
    """The schema of what emit writes for this type: personal fields are envelopes."""
    schema = plain_schema(event_type)
    fields = schema.get("properties", {})
    sealed = {name: _sealed(name, fields[name]) for name in event_type.personal_fields}
    return {
        "type": "object",
        "properties": fields | sealed,
        "required": schema.get("required", []),
        "additionalProperties": schema.get("additionalProperties", True),
        **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
    }


def _sealed(name: str, plain: Schema) -> Schema:
    """A personal field in the log."""
    about = {key: plain[key] for key in ("title", "description", "examples", SCHEMA_KEY) if key in plain}
    envelope = {
        "type": "object",
        "description": "Encrypted with the key of the person. Plain are empty values, and what is older than that.",
        "properties": {
            SEALED: {"type": "string", "contentEncoding": "base64"},
            "person": {"type": "string"},
            "field": {"const": name},
        },
        "required": [SEALED, "person", "field"],
        "additionalProperties": False,
    }
    return about | {"anyOf": [{key: plain[key] for key in plain if key not in about}, envelope]}


def paragraphs(docstring: str | None) -> list[str]:
    """A docstring as paragraphs of one line each."""
    parts = cleandoc(docstring or "").split("\n\n")
    return [" ".join(part.split()) for part in parts if part.strip()]


def resolved(schema: Any, definitions: Schema | None = None, within: tuple[str, ...] = ()) -> Any:
    """The schema with what it refers to in its place; a reference to something that it is itself within stays."""
    if isinstance(schema, list):
        return [resolved(one, definitions, within) for one in schema]
    if not isinstance(schema, dict):
        return schema
    definitions = schema.get("$defs", {}) if definitions is None else definitions
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    if name in definitions and name not in within:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return resolved(definitions[name], definitions, (*within, name)) | resolved(beside, definitions, within)
    return {key: resolved(value, definitions, within) for key, value in schema.items() if key != "$defs"}
