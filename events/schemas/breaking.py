"""What breaks whoever reads the log: a change of a version that may already be in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from events import catalogue
from events.conf import did_you_mean
from events.schemas.narrowing import narrowings
from events.schemas.payloads import Schema, resolved

#: Schemas by the name and version of their event.
Schemas = Mapping[tuple[str, int], Schema]


@dataclass(frozen=True)
class Break:
    """One change that must not be made like this."""

    event: str
    version: int
    #: A path such as `lines[].sku`; "" for the event as a whole.
    field: str
    why: str
    todo: str

    def __str__(self) -> str:
        field = f", field {self.field}" if self.field else ""
        return f"{self.event} version {self.version}{field}: {self.why}."


def breaks(before: Schemas, now: Schemas) -> list[Break]:
    """Everything in the schemas of now that does not go with those of before, by event."""
    found: list[Break] = []
    for (name, version), schema in sorted(before.items()):
        if (name, version) in now:
            found += _changes(name, version, schema, now[name, version])
        elif not catalogue.upcasters_of(name, version):
            found.append(_nobody_reads(name, version, schema, before, now))
    return found


def _changes(name: str, version: int, before: Schema, now: Schema) -> Iterator[Break]:
    newer = (
        f"Leave version {version} as it was, or give the changed event version {version + 1} and say how it is made of "
        f'the old one: @upcaster("{name}", version={version}).'
    )
    for key, what in (("x-stream", "the stream"), ("x-person", "the person it is about")):
        if before.get(key, now.get(key)) != now.get(key):  # to be about somebody is new, to be about another is a break
            yield Break(name, version, "", f"{what} was {before.get(key)} and is {now.get(key)}", newer)
    for narrowing in narrowings(resolved(before), resolved(now)):
        yield Break(name, version, narrowing.field, narrowing.why, newer)


def _nobody_reads(name: str, version: int, schema: Schema, before: Schemas, now: Schemas) -> Break:
    if newest := max((other for known, other in now if known == name), default=0):
        why = f"the log may have it, and no upcaster leads from it to version {newest}"
        todo = f'Write @upcaster("{name}", version={version}), or keep its class beside the new one.'
        return Break(name, version, "", why, todo)
    new_names = sorted({known for known, _ in now} - {known for known, _ in before})
    alike = [new for new in new_names if (new, version) in now and _fields(now[new, version]) == _fields(schema)]
    hint = f"; it looks as if it was renamed to {alike[0]!r}" if alike else did_you_mean(name, new_names)
    why = f"the log may have it, and no class declares it any more{hint}"
    todo = (
        "A renamed event is a new event: keep the class of the old one for as long as the log has it. If no log has "
        f"it, delete {name}.v{version}.json."
    )
    return Break(name, version, "", why, todo)


def _fields(schema: Schema) -> set[str]:
    return set(schema.get("properties", {}))
