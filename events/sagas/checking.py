"""What can be wrong with sagas: in their classes, and with what an older version of the code has begun."""

import re
from collections.abc import Iterator
from string import Formatter

from django.core.checks import CheckMessage, Error
from django.db import connection

from events import catalogue
from events.conf import did_you_mean
from events.sagas.definition import Saga, Step, definitions

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_UNKNOWN = """
SELECT names.subscriber, count(*), min(saga.key) FROM events_saga saga
JOIN events_sagastep step ON step.saga_id = saga.id CROSS JOIN LATERAL (
    SELECT 'sagas.' || saga.name || '.' || step.step
           || CASE WHEN step.direction = 'compensation' THEN '.undo' ELSE '' END AS subscriber) names
WHERE saga.state IN ('running', 'compensating', 'failed') AND step.state IN ('waiting', 'due')
  AND names.subscriber <> ALL (%s)
GROUP BY names.subscriber ORDER BY names.subscriber
"""


def check_sagas() -> Iterator[CheckMessage]:
    """In the classes of this code."""
    for saga in definitions().values():
        yield from _names(saga)
        yield from _orders(saga)
        for step in saga.steps.values():
            yield from _waits(saga, step)


def unknown_steps() -> list[tuple[str, int, str]]:
    """Open steps for which this code has no subscriber: its name, how many runs are there, and the key of one."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [[one.name for one in catalogue.subscribers()]])
        return cursor.fetchall()


def _names(saga: type[Saga]) -> Iterator[CheckMessage]:
    if not _NAME.fullmatch(saga.saga_name):
        yield Error(
            f"The saga {saga.__qualname__} is called {saga.saga_name!r}",
            hint="Small letters, digits and underscores: its name is part of the names of its steps.",
            id="events.E040",
        )


def _orders(saga: type[Saga]) -> Iterator[CheckMessage]:
    steps = list(saga.steps)
    for planned in saga.plan.steps:
        for name in planned.after:
            if name not in saga.steps:
                yield Error(
                    f"The step {planned.name} of the saga {saga.saga_name} comes after {name!r}, which it does not have"
                    f"{did_you_mean(name, steps)}",
                    hint=f"Its steps are {', '.join(steps)}.",
                    id="events.E041",
                )
    if circle := _circle(saga):
        yield Error(
            f"Steps of the saga {saga.saga_name} wait for each other: {', '.join(circle)}",
            hint="Nothing of them would ever begin: take one `after` away.",
            id="events.E042",
        )


def _circle(saga: type[Saga]) -> list[str]:
    """The steps that are never reached; what comes after an unknown step is not among them."""
    left = {one.name: {name for name in one.after if name in saga.steps} for one in saga.plan.steps}
    while ready := [name for name, after in left.items() if not after & left.keys()]:
        for name in ready:
            del left[name]
    return list(left)


def _waits(saga: type[Saga], step: Step) -> Iterator[CheckMessage]:
    where = f"The step {step.name} of the saga {saga.saga_name}"
    if step.waits_for is None:
        if step.by or step.where or step.timeout_seconds:
            yield Error(f"{where} has by, where or timeout_seconds", hint="Say waits_for as well.", id="events.E043")
        return
    if not step.timeout_seconds or step.timeout_seconds <= 0:
        hint = "Give timeout_seconds: nobody else notices when the event never comes."
        yield Error(f"{where} waits for ever", hint=hint, id="events.E044")
    fields = [field for _, field, _, _ in Formatter().parse(step.by) if field is not None]
    unknown = [field for field in fields if field not in step.waits_for.model_fields]
    if unknown or not fields:
        yield Error(
            f"{where} finds its event by {step.by!r}",
            hint=f"Make the saga's key of fields of the event: {', '.join(step.waits_for.model_fields)}.",
            id="events.E045",
        )
