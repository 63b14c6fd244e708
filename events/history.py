"""Reading the log of one thing: what happened to it, in order."""

from dataclasses import fields

from events.event import LoggedEvent
from events.models import Event

_NAMES = [field.name for field in fields(LoggedEvent)]


def history(stream: str, *, last: int = 200) -> list[LoggedEvent]:
    """The last events of a stream such as `order-42`, the oldest first; one query by index. For people to look at: what
    a program must not miss, it gets as a subscriber."""
    rows = Event.objects.filter(stream=stream).order_by("-stream_version").values(*_NAMES)[:last]
    return [LoggedEvent(**row) for row in reversed(rows)]
