"""An example of a payload: what the fields give as examples, and for the others something of their type."""

from typing import Any

from events.schemas.payloads import Schema

_TEXTS = {
    "date": "2025-03-01",
    "date-time": "2025-03-01T10:15:30Z",
    "time": "10:15:30",
    "duration": "PT1H30M",
    "decimal": "19.99",
    "uuid": "0199f5a4-6b1e-7c31-9d43-2f4f0a6c11e2",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "binary": "",
}
#: Whole numbers that name something, and those that count or measure.
_ID, _INTEGER, _NUMBER = 42, 3, 1.5


def example_of(schema: Schema, name: str = "") -> Any:
    """A value of a schema that refers to nothing; `name` is the field's, for text that may be anything. The same every
    time."""
    for given in ("const", "default"):
        if schema.get(given) is not None and "examples" not in schema:
            return schema[given]
    if chosen := schema.get("examples") or schema.get("enum"):
        return chosen[0]
    for alternative in schema.get("anyOf") or schema.get("oneOf") or []:
        if alternative.get("type") != "null":
            return example_of(alternative, name)
    return _of_type(schema, name)


def _of_type(schema: Schema, name: str) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema)
        case "array":
            return _array(schema, name)
        case "integer" | "number" as kind:
            whole = _ID if name.endswith("_id") else _INTEGER
            return _within(schema, whole if kind == "integer" else _NUMBER)
        case "boolean":
            return True
        case "null":
            return None
    return _TEXTS.get(schema.get("format", ""), name)[: schema.get("maxLength")]


def _object(schema: Schema) -> dict[str, Any]:
    if properties := schema.get("properties"):
        return {name: example_of(field, name) for name, field in properties.items()}
    values = schema.get("additionalProperties")
    return {"name": example_of(values, "value")} if isinstance(values, dict) else {}


def _array(schema: Schema, name: str) -> list[Any]:
    if fixed := schema.get("prefixItems"):
        return [example_of(item, name) for item in fixed]
    return [example_of(schema.get("items", {}), name)] * max(1, schema.get("minItems", 0))


def _within(schema: Schema, number: float) -> float:
    step = 1 if schema["type"] == "integer" else 0.5
    lowest = max(schema.get("minimum", number), schema.get("exclusiveMinimum", number - step) + step)
    highest = min(schema.get("maximum", number), schema.get("exclusiveMaximum", number + step) - step)
    return max(lowest, number) if highest >= number else highest
