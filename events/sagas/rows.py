"""Reading and moving a saga's rows. Each move is one statement, and none of them overtakes another one unseen."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from events.cause import current_cause
from events.errors import ResultNotStorable
from events.failpoints import reach
from events.relay import wake
from events.sagas.announced import SagaCompensated, SagaCompleted, SagaFailed, SagaStepCompleted
from events.sagas.deciding import (
    COMPENSATED,
    COMPENSATION,
    COMPLETED,
    DONE,
    FAILED,
    Change,
    Decision,
    Plan,
    PlannedStep,
    Progress,
    Situation,
)

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_LOAD = """
SELECT saga.id, saga.version, saga.state, saga.reason, saga.data::text, (
    SELECT jsonb_agg(jsonb_build_array(step.step, step.direction, step.state, coalesce(step.settled_version, 0),
                                       step.recorded, step.position))::text
    FROM events_sagastep step WHERE step.saga_id = saga.id)
FROM events_saga saga WHERE saga.name = %s AND saga.key = %s
"""
_APPLY = "SELECT events_saga_apply(%s, %s, %s::jsonb, %s::uuid, %s, %s)"
_START = "SELECT events_saga_start(%s, %s, %s::jsonb, %s::uuid, %s::jsonb, %s::uuid, %s, %s)"
_ARRIVE = "SELECT events_saga_arrive(%s, %s, %s, %s, %s::uuid, %s, %s::uuid, %s, %s)"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run of a saga as it was read."""

    id: int
    key: str
    version: int
    data: dict[str, Any]
    situation: Situation


def load(name: str, key: str) -> Loaded | None:
    """The run, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [name, key])
        row = cursor.fetchone()
    if row is None:
        return None
    its_id, version, state, reason, data, steps = row
    progress = tuple(Progress(*values) for values in json.loads(steps or "[]"))
    return Loaded(its_id, key, version, json.loads(data), Situation(state, reason, progress))


def move(plan: Plan, loaded: Loaded, decision: Decision) -> bool:
    """Have a decision written, in the current transaction; whether there was one to write. It is made again when
    somebody else moved the saga meanwhile."""
    current: Loaded | None = loaded
    while current:
        change = decision(plan, current.situation)
        if change is None:
            return False
        if _apply(plan, current, change):
            return True
        current = load(plan.saga, current.key)
    return False


def start(plan: Plan, key: str, data: dict[str, Any], first: list[PlannedStep]) -> bool:
    """Write a new run, in the current transaction; False when there is one already."""
    begun = json.dumps([_begun(plan, one, "action") for one in first])
    correlation_id = current_cause().correlation_id or uuid7()
    return _call(_START, [plan.saga, key, storable(data), correlation_id, begun])


def arrive(saga: str, key: str, step: str, position: int) -> bool:
    """Note that what a step waits for is there; whether that made it due."""
    return _call(_ARRIVE, [saga, key, step, position, uuid7(), f"sagas.{saga}.{step}.due"])


def storable(value: dict[str, Any] | None) -> str:
    """As JSON text. Raises ResultNotStorable."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ResultNotStorable(why=str(error)) from error
    if _NUL.search(text):
        raise ResultNotStorable(why="PostgreSQL stores no NUL characters")
    return text


def _apply(plan: Plan, loaded: Loaded, change: Change) -> bool:
    written = {
        "state": change.state,
        "reason": change.reason,
        "over": change.is_over,
        "settled": [
            {
                "step": one.step,
                "direction": one.direction,
                "state": one.state,
                "recorded": one.recorded,
                "reason": one.reason,
            }
            for one in change.settled
        ],
        "emitted": _told(plan, loaded, change),
        "begun": [_begun(plan, one, direction) for one, direction in change.begun],
    }
    return _call(_APPLY, [loaded.id, loaded.version, json.dumps(written)])


def _call(statement: str, values: list[Any]) -> bool:
    cause = current_cause()
    reach("saga.before_move")
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, cause.causation_id, cause.actor_name(), cause.traceparent])
        (moved,) = cursor.fetchone()
    reach("saga.after_move")
    transaction.on_commit(wake, robust=True)
    return bool(moved)


def _begun(plan: Plan, one: PlannedStep, direction: str) -> dict[str, Any]:
    name = f"sagas.{plan.saga}.{one.name}{'.undo' if direction == COMPENSATION else ''}"
    begun: dict[str, Any] = {"id": str(uuid7()), "step": one.name, "direction": direction, "event": f"{name}.due"}
    if one.timeout_seconds is not None and direction != COMPENSATION:
        begun["timeout_seconds"] = one.timeout_seconds
    return begun


def _told(plan: Plan, loaded: Loaded, change: Change) -> list[dict[str, Any]]:
    """What is emitted: what was done, and how the saga ended."""
    run = {"saga": plan.saga, "key": loaded.key}
    done = [one for one in change.settled if one.state == DONE]
    told: list[Any] = [SagaStepCompleted(**run, step=one.step, direction=one.direction) for one in done]
    if change.state == COMPLETED:
        told.append(SagaCompleted(**run))
    if change.state == COMPENSATED:
        told.append(SagaCompensated(**run))
    if change.state == FAILED and change.failed_step:
        told.append(SagaFailed(**run, step=change.failed_step))
    return [{"id": str(uuid7()), "event": one.event_name, "payload": one.model_dump(mode="json")} for one in told]
