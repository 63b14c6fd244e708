"""Erasing a person: the history stays whole, and nobody can read in it who it was.

    key destroyed ─▶ person.erased ─▶ texts of errors blanked ─▶ snapshots forgotten      one transaction

What the person's events, attempts and dead letters count stays true. Other tables are cleared by the subscribers of
person.erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from pydantic import Field

from events import keyring, people
from events.blanking import blank_attempts, blank_fingerprints, blank_letters, blank_sagas
from events.errors import UnknownPerson
from events.event import Event
from events.log import emit
from events.snapshots import forget_snapshots

_KNOWN = "SELECT EXISTS (SELECT FROM events_event e WHERE {about})"
_SNAPSHOT_STREAMS = """
SELECT DISTINCT s.stream FROM events_snapshot s WHERE EXISTS (
    SELECT FROM events_event e WHERE e.stream = s.stream AND ({about}))
"""


class PersonErased(Event, name="person.erased", version=1, stream="{person}"):
    """Somebody is to be forgotten: the key to what the log says of them is destroyed, and what else the application
    knows of them has to go. `reason` and `by` are the words of whoever did it, and name nobody else."""

    person: str = Field(examples=["customer-42"])
    reason: str = Field(examples=["asked for it by letter"])
    by: str = Field(examples=["user:5"])


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing somebody did; `is_new` is False when they were erased before, and then there is no second event."""

    person: str
    is_new: bool
    attempt_count: int
    letter_count: int


@transaction.atomic
def erase(person: str, *, reason: str, by: str) -> Erasure:
    """Destroy the person's key, for good, emit person.erased, and clear what the platform has of them. Twice is once:
    the second time only what came to be meanwhile is cleared. Whether the person is known is for the caller to ask."""
    is_new = keyring.destroy(person)
    if is_new:
        emit(PersonErased(person=person, reason=reason, by=by))
    attempt_count, letter_count = forget_words(person)
    return Erasure(person, is_new, attempt_count, letter_count)


@transaction.atomic
def forget_words(person: str, streams: Sequence[str] = ()) -> tuple[int, int]:
    """Blank what failed deliveries say of a person, and forget snapshots: of the events that are about the person, and
    of those in these streams, which may be those of sagas. Returns how many attempts and how many dead letters were
    blanked. Safe to repeat."""
    about = people.about(person, tuple(streams))
    blank_fingerprints(about)
    blank_sagas(streams)
    letters, attempts = blank_letters(about), blank_attempts(about)
    forget_snapshots([])  # from here on none is taken
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT_STREAMS.format(about=about.sql), about.values)
        forget_snapshots([stream for (stream,) in cursor.fetchall()])
    return attempts, letters


def refuse_unknown(person: str) -> None:
    """Raises UnknownPerson, unless there is a key of the person, or an event that is about them."""
    about = people.about(person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM events_personalkey WHERE person = %s)", [person])
        (has_key,) = cursor.fetchone()
        if not has_key and people.is_named_like_one(person):
            cursor.execute(_KNOWN.format(about=about.sql), about.values)
            (has_key,) = cursor.fetchone()
    if not has_key:
        raise UnknownPerson(person=person, hint=people.hint_for(person))
