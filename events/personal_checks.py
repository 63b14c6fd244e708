"""What `manage.py check` says of personal fields: what would be logged for everybody to read, or could not be read."""

from collections.abc import Iterator

from django.core.checks import CheckMessage, Error

from events import catalogue, people, personal
from events.event import Event


def check_people() -> Iterator[CheckMessage]:
    """Personal fields have a person, are marked where it counts, can be blank, and name neither person nor stream."""
    for event_type in catalogue.event_types():
        place = f"{event_type.__module__}.{event_type.__qualname__}"
        yield from _person(event_type, place)
        yield from _fields(event_type, place)


def _person(event_type: type[Event], place: str) -> Iterator[CheckMessage]:
    named = people.fields_of(event_type.event_person)
    if unfit := [field for field in named if field not in event_type.model_fields]:
        hint = f"Refer to one of: {', '.join(event_type.model_fields)}."
        yield Error(f"The person {event_type.event_person!r} of {place} has no {unfit[0]}", hint=hint, id="events.E014")
    if event_type.personal_fields and not named:
        hint = "Say whose key encrypts them, such as person='customer-{customer_id}'."
        yield Error(f"{place} has personal fields, but is about nobody", hint=hint, id="events.E015")
    for field in [*named, *people.fields_of(event_type.event_stream)]:
        if field in event_type.personal_fields:
            hint = "The names of people and streams are in the log for everybody to read. Use an id."
            yield Error(f"{field} of {place} is personal, and part of a name", hint=hint, id="events.E018")


def _fields(event_type: type[Event], place: str) -> Iterator[CheckMessage]:
    if hidden := personal.hidden_marks(event_type.model_fields):
        hint = "Put Personal around the whole type, as in Personal[str | None]: inside, it encrypts nothing."
        yield Error(f"{', '.join(hidden)} of {place} would be logged in the clear", hint=hint, id="events.E016")
    fields = event_type.personal_fields
    if full := [field for field in fields if not personal.can_be_blank(event_type.model_fields[field])]:
        hint = "Let it be text or None: that is what it is once the person is erased."
        yield Error(f"{', '.join(full)} of {place} cannot be erased", hint=hint, id="events.E017")
