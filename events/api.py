"""The one door to the platform for shop/ and tasks/."""

from events.cause import acting_as
from events.dead_letters import delivery_buried
from events.errors import EventsError, Reject, Snooze
from events.event import Event, LoggedEvent, upcaster
from events.history import history
from events.log import emit, emit_many
from events.progress import Progress, Stretch, last_position, overall_lag_ms, progress, wait_until_settled
from events.subscribers import Context, load_subscribers, subscriber

__all__ = [
    "Context",
    "Event",
    "EventsError",
    "LoggedEvent",
    "Progress",
    "Reject",
    "Snooze",
    "Stretch",
    "acting_as",
    "delivery_buried",
    "emit",
    "emit_many",
    "history",
    "last_position",
    "load_subscribers",
    "overall_lag_ms",
    "progress",
    "subscriber",
    "upcaster",
    "wait_until_settled",
]
