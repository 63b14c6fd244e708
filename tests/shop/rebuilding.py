"""Making a read model again from the log, as a rebuild does: many facts at a time, in the order of the log."""

from dataclasses import fields

from django.db import transaction

from events.event import LoggedEvent
from events.models import Event
from events.projections.declaration import Fact, projection_named
from events.subscribers import Context


def made_again(name: str, batch_count: int = 7) -> None:
    """Empty the tables of a projection and apply the whole log to it, so many facts at a time."""
    projection = projection_named(name)
    facts = [_fact(row, name) for row in Event.objects.order_by("xid", "position") if projection.wants(row.name)]
    with transaction.atomic():
        for model in reversed(projection.models):
            model._default_manager.all().delete()
        for start in range(0, len(facts), batch_count):
            projection.apply(facts[start : start + batch_count])


def _fact(row: Event, name: str) -> Fact:
    logged = LoggedEvent(**{field.name: getattr(row, field.name) for field in fields(LoggedEvent)})
    return Fact(logged.typed(), Context.of(logged, name, 0, 1))
