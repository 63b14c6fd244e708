"""Whether every value of one JSON Schema is a value of another: what the log has must stay readable.

It knows the schemas that pydantic writes for events. A keyword that it cannot weigh it takes for narrower when it
changes, so that a person looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from events.schemas.payloads import Schema

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "x-ge", "x-gt")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "x-le", "x-lt", "x-max_digits", "x-decimal_places")
_SAME = ("pattern", "multipleOf", "x-multiple_of", "uniqueItems", "prefixItems", "propertyNames", "$ref")
_MISSING = object()


@dataclass(frozen=True)
class Narrowing:
    """What makes a schema narrower than it was; `field` is a path such as `lines[].sku`, or "" for the whole."""

    field: str
    why: str


def narrowings(old: Schema, new: Schema, field: str = "") -> list[Narrowing]:
    """Why some value of the old schema is none of the new one; empty when there is no such value. References must be
    resolved."""
    alternatives = _alternatives(new)
    found: list[Narrowing] = []
    for one in _alternatives(old):
        nearest: list[Narrowing] = min((_compared(one, other, field) for other in alternatives), key=len)
        found += nearest
    return list(dict.fromkeys(found))


def _alternatives(schema: Schema) -> list[Schema]:
    """What a value may be one of."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return [alternative for one in schema[key] for alternative in _alternatives(one)]
    if isinstance(schema.get("type"), list):
        return [schema | {"type": one} for one in schema["type"]]
    return [schema]


def _compared(old: Schema, new: Schema, field: str) -> list[Narrowing]:
    """The first thing that is narrower, or for objects all of them."""
    for compare in (_values, _types, _formats, _bounds):
        if why := compare(old, new):
            return [Narrowing(field, why)]
    if old.get("type") == "object":
        return list(_objects(old, new, field))
    return narrowings(old.get("items", {}), new["items"], f"{field}[]") if "items" in new else []


def _values(old: Schema, new: Schema) -> str:
    """Enums and constants."""
    before, now = _listed(old), _listed(new)
    if now is None:
        return ""
    if before is None:
        return f"takes {_said(now)} alone from now on"
    gone = [value for value in before if value not in now]
    return f"does not take {_said(gone)} any more" if gone else ""


def _types(old: Schema, new: Schema) -> str:
    before, now = old.get("type"), new.get("type")
    if now is None or before == now or (before, now) == ("integer", "number"):
        return ""
    if now == "null":
        return "can only be null"
    return f"was {before or 'anything'} and is {now}"


def _formats(old: Schema, new: Schema) -> str:
    before, now = old.get("format"), new.get("format")
    if now is None or before == now or _listed(old) is not None:
        return ""
    return f"was {before or old.get('type', 'anything')} and is {now}"


def _bounds(old: Schema, new: Schema) -> str:
    for key in (*_LOWER, *_UPPER, *_SAME):
        before, now = old.get(key), new.get(key)
        if now is None or before == now:
            continue
        if before is None:
            return f"has {key.removeprefix('x-')} {now} from now on"
        if key in _SAME or (float(now) > float(before) if key in _LOWER else float(now) < float(before)):
            return f"had {key.removeprefix('x-')} {before} and has {now}"
    return ""


def _objects(old: Schema, new: Schema, field: str) -> Iterator[Narrowing]:
    prefix = f"{field}." if field else ""
    before, now = old.get("properties", {}), new.get("properties", {})
    others = new.get("additionalProperties", True)
    for name, schema in before.items():
        if name in now:
            yield from narrowings(schema, now[name], prefix + name)
        elif isinstance(others, dict):
            yield from narrowings(schema, others, prefix + name)
        elif now or others is False:  # a model that ignores what it does not know would lose it without a word
            yield Narrowing(prefix + name, "is gone")
    for name in new.get("required", []):
        if name not in old.get("required", []):
            yield Narrowing(prefix + name, "was optional and is required" if name in before else "is new and required")
    if not before or not now:
        yield from _open_objects(old.get("additionalProperties", True), others, now, field)


def _open_objects(old: Any, new: Any, now: Schema, field: str) -> Iterator[Narrowing]:
    """Objects whose fields have any name."""
    if old is False or new is True:
        return
    if new is False:
        yield Narrowing(field, f"could have any field and has {_said(list(now)) or 'none'} alone from now on")
    else:
        yield from narrowings({} if old is True else old, new, f"{field}.*")


def _listed(schema: Schema) -> list[Any] | None:
    """The only values it takes, if they are listed."""
    constant = schema.get("const", _MISSING)
    return schema.get("enum") if constant is _MISSING else [constant]


def _said(values: list[Any]) -> str:
    return ", ".join(map(repr, values))
