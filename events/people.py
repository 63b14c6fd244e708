"""Whom events are about: the `person` of their types, read forwards from a payload and backwards into a condition."""

import json
import re
from dataclasses import dataclass
from string import Formatter
from typing import Any

from django.db import connection

from events import catalogue, keyring
from events.conf import did_you_mean

_LOGGED = "SELECT name, stream, payload FROM events_event WHERE position = %s"


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows of events_event, as `e`, are about a person: SQL and its parameters."""

    sql: str
    values: list[Any]


def about(person: str, streams: tuple[str, ...] = ()) -> Condition:
    """The events of types whose `person` is this one, and those of these streams, and of the one called like it."""
    clauses: list[str] = ["e.stream = ANY(%s)"]
    values: list[Any] = [[person, *streams]]
    for name, fields in sorted(_readings(person).items()):
        for given in fields:
            clauses.append(" AND ".join(["e.name = %s", *["e.payload->>%s = %s"] * len(given)]))
            values += [name, *[part for pair in sorted(given.items()) for part in pair]]
    return Condition(" OR ".join(f"({clause})" for clause in clauses), values)


def is_named_like_one(person: str) -> bool:
    """Whether some type of event is about people with such names."""
    return bool(_readings(person))


def hint_for(person: str) -> str:
    """How the people are called whom events are about, to append to an error message."""
    patterns = sorted({one.event_person for one in catalogue.event_types() if one.event_person})
    close = did_you_mean(person, patterns)
    return close or (f"; people are called {', '.join(patterns)}" if patterns else "")


def is_about_erased(position: int) -> bool:
    """Whether the person is erased whom a logged event is about."""
    with connection.cursor() as cursor:
        cursor.execute(_LOGGED, [position])
        row = cursor.fetchone()
    return row is not None and keyring.is_erased(*_people_of(*row))


def _people_of(name: str, stream: str, payload: str) -> set[str]:
    """By every version of its type that fits the payload; and the stream itself, which may be called like a person."""
    fields = json.loads(payload)
    patterns = {one.event_person for one in catalogue.event_types() if one.event_name == name and one.event_person}
    fitting = [pattern for pattern in patterns if set(fields_of(pattern)) <= fields.keys()]
    return {stream, *(pattern.format_map(fields) for pattern in fitting)}


def fields_of(pattern: str) -> list[str]:
    """The fields that a format string refers to."""
    return [field for _, field, _, _ in Formatter().parse(pattern) if field is not None]


def _readings(person: str) -> dict[str, list[dict[str, str]]]:
    """By the name of the event, what its fields have to be for it to be about that person."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in catalogue.event_types():
        if one.event_person and (given := _fields_in(one.event_person, person)):
            readings = found.setdefault(one.event_name, [])
            readings += [given] if given not in readings else []
    return found


def _fields_in(pattern: str, person: str) -> dict[str, str]:
    parts = Formatter().parse(pattern)
    expression = "".join(re.escape(text) + (f"(?P<{field}>.+)" if field else "") for text, field, _, _ in parts)
    match = re.fullmatch(expression, person)
    return match.groupdict() if match else {}
