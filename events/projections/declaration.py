"""What a projection is, and the decorator that makes a function one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Model

from events import catalogue
from events.conf import did_you_mean
from events.errors import ProjectionHasEffects, UnknownProjection
from events.event import Event
from events.subscribers import Context, Start, Subscriber


@dataclass(frozen=True, slots=True)
class Fact:
    """One event as a projection gets it: the typed event, and where in the log it stands."""

    event: Event
    context: Context


#: What a projection is written as: applies facts, in the order of each stream, to the tables of its models.
Apply = Callable[[Sequence[Fact]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Subscriber):
    """A subscriber whose effect is a read model: the rows of its models, and nothing else."""

    models: tuple[type[Model], ...]

    def call(self, event: Event, context: Context) -> None:
        """Apply the one event of a live delivery."""
        self.apply([Fact(event, context)])

    def apply(self, facts: Sequence[Fact]) -> None:
        """Apply facts in the current transaction. Raises what the function raises, and ProjectionHasEffects."""
        left_before = len(connection.run_on_commit)
        self.function(facts)
        if len(connection.run_on_commit) > left_before:
            raise ProjectionHasEffects(name=self.name)


def projection(
    *event_types: type[Event], name: str, models: Sequence[type[Model]], start: Start = "beginning"
) -> Callable[[Apply], Apply]:
    """Make a function the projection of the given types of events onto the tables of `models`:

        @projection(OrderPlaced, OrderPaid, name="orders.list", models=[OrderListEntry])
        def order_list(facts: Sequence[Fact]) -> None: ...

    It is a subscriber, ordered by stream, whose writes happen exactly once. Live it gets one fact at a time; when the
    read model is rebuilt, thousands in the order of the log. It writes the tables of its models alone, through the ORM
    or as SQL that names no schema (a rebuild puts other tables under the same names); it emits nothing, leaves nothing
    for after the commit, and depends on nothing but the facts and rows that never change.

    - `name` is part of what is stored: keep it.
    - `models` have no foreign keys with constraints, neither from them nor to them.
    - `start="beginning"`: the read model tells of all that the log has; `"now"`: of what happens from its enrolment on.

    The function itself stays as it was and can be called directly.
    """

    def declare(function: Apply) -> Apply:
        catalogue.add_subscriber(
            Projection(
                name=name,
                function=function,
                event_types=event_types,
                takes_context=True,
                ordered=True,
                swappable=True,
                start=start,
                models=tuple(models),
            )
        )
        return function

    return declare


def projections() -> list[Projection]:
    """All declared projections, by name."""
    return [one for one in catalogue.subscribers() if isinstance(one, Projection)]


def projection_named(name: str) -> Projection:
    """The projection of that name. Raises UnknownProjection."""
    known = {one.name: one for one in projections()}
    if name not in known:
        raise UnknownProjection(name=name, hint=did_you_mean(name, list(known)))
    return known[name]
