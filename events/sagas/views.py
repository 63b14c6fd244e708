"""How sagas are, for whoever wants to show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.models import Saga, SagaStep


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a run that was begun, or its compensation. `settled_at` is None until it has ended, and `deadline_at`
    unless it waits."""

    step: str
    direction: str
    state: str
    begun_at: datetime
    deadline_at: datetime | None
    settled_at: datetime | None
    recorded: dict[str, Any] | None
    reason: str
    position: int | None


@dataclass(frozen=True, slots=True)
class SagaView:
    """One run, with its steps in the order in which they were begun."""

    id: int
    name: str
    key: str
    state: str
    reason: str
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[StepView, ...]


def sagas_of(key: str) -> list[SagaView]:
    """All sagas with a business key such as `order-42`, the oldest first; two queries."""
    return views(Saga.objects.filter(key=key).order_by("id"))


def views(sagas: Iterable[Saga]) -> list[SagaView]:
    """The same of rows that were read already."""
    rows = list(sagas)
    steps: dict[int, list[StepView]] = {saga.pk: [] for saga in rows}
    for one in SagaStep.objects.filter(saga__in=rows).order_by("id"):
        steps[one.saga_id].append(_step(one))
    return [_view(saga, tuple(steps[saga.pk])) for saga in rows]


def _view(saga: Saga, steps: tuple[StepView, ...]) -> SagaView:
    times = (saga.started_at, saga.finished_at)
    return SagaView(saga.pk, saga.name, saga.key, saga.state, saga.reason, *times, steps)


def _step(one: SagaStep) -> StepView:
    return StepView(
        step=one.step,
        direction=one.direction,
        state=one.state,
        begun_at=one.begun_at,
        deadline_at=one.deadline_at,
        settled_at=one.settled_at,
        recorded=one.recorded,
        reason=one.reason,
        position=one.position,
    )
