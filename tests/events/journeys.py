"""A small world for the tests of sagas: journeys whose steps do as they are told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from events.api import Event, Saga, SagaRun, emit, sagas_of, start_saga, step
from events.models import Event as LoggedRow

KEY = "trip-1"


@dataclass
class Journey:
    """A saga `journey` with these steps; `failing` says what a step raises, or `undo <step>`."""

    saga: type[Saga]
    Confirmed: type[Event]
    failing: dict[str, Exception]
    ran: list[str] = field(default_factory=list)

    def __init__(
        self,
        *steps: str,
        after: Mapping[str, tuple[str, ...]] | None = None,
        failing: dict[str, Exception] | None = None,
        waiting: Collection[str] = (),
        lasting: Collection[str] = (),
        where: Callable[[Any], bool] | None = None,
        effects: str = "database",
        max_retries: int = 0,
    ) -> None:
        class Confirmed(Event, name="trip.confirmed", stream="{trip}"):
            """Somebody confirmed a booking of a trip."""

            trip: str
            is_final: bool = True

        self.Confirmed, self.failing, self.ran = Confirmed, failing or {}, []
        options: Any = {"effects": effects, "max_retries": max_retries}
        body: dict[str, Any] = {}
        for name in steps:
            awaited = {"waits_for": Confirmed, "by": "{trip}", "timeout_seconds": 60, "where": where}
            more = awaited if name in waiting else {}
            made = step(after=(after or {}).get(name), **more, **options)(self._action(name))  # type: ignore[arg-type]
            if name not in lasting:
                made.compensation(**options)(self._undo(name))
            body[name] = made
        self.saga = type(Saga)("Journey", (Saga,), body, name="journey")

    def confirm(self, trip: str, *, is_final: bool = True) -> None:
        """Emit what steps wait for."""
        with transaction.atomic():
            emit(self.Confirmed(trip=trip, is_final=is_final))

    def _action(self, name: str) -> Callable[[SagaRun], dict[str, Any]]:
        def act(run: SagaRun) -> dict[str, Any]:
            if error := self.failing.get(name):
                raise error
            self.ran.append(f"{name} confirmed by {run.event.trip}" if run.event else name)  # type: ignore[attr-defined]
            return {"of": name}

        return act

    def _undo(self, name: str) -> Callable[[SagaRun], None]:
        def undo(run: SagaRun) -> None:
            if error := self.failing.get(f"undo {name}"):
                raise error
            self.ran.append(f"undo {name} {run.recorded}")

        return undo


def begin(saga: type[Saga], **data: Any) -> bool:
    """Start it; the inline transport then runs it."""
    with transaction.atomic():
        return start_saga(saga, key=KEY, data=data)


def state() -> str:
    """Of the one saga with the key."""
    return sagas_of(KEY)[0].state


def steps() -> list[str]:
    """`flight done`, `flight undo done` …, in the order in which they were begun."""
    undo = {"action": "", "compensation": "undo "}
    return [f"{one.step} {undo[one.direction]}{one.state}" for one in sagas_of(KEY)[0].steps]


def names(prefix: str) -> list[str]:
    """The names of the events in the log that begin so, in order."""
    return list(LoggedRow.objects.filter(name__startswith=prefix).order_by("position").values_list("name", flat=True))
