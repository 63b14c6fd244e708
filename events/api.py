"""The one door to the platform for shop/ and tasks/."""

from events.cause import acting_as
from events.errors import EventsError, Reject
from events.event import Event, LoggedEvent
from events.log import emit, emit_many
from events.subscribers import Context, load_subscribers, subscriber

__all__ = [
    "Context",
    "Event",
    "EventsError",
    "LoggedEvent",
    "Reject",
    "acting_as",
    "emit",
    "emit_many",
    "load_subscribers",
    "subscriber",
]
