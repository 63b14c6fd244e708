"""What has to be done for sagas by the clock: steps that waited in vain, and dead letters that were discarded."""

from datetime import datetime

from django.db import connection, transaction

from events.models import SagaStep
from events.sagas.deciding import ACTION, ENDED, NO_EFFECT, TIMED_OUT, UNKNOWN, WAITING, Direction, Settled, settle
from events.sagas.definition import definitions
from events.sagas.rows import load, move

_BATCH_COUNT = 500

_DISCARDED = """
SELECT saga.name, saga.key, step.step, step.direction
FROM events_saga saga JOIN events_sagastep step ON step.saga_id = saga.id
CROSS JOIN LATERAL (
    SELECT outcome FROM events_delivery delivery
    WHERE delivery.position = step.position
      AND delivery.subscriber = 'sagas.' || saga.name || '.' || step.step
                                || CASE WHEN step.direction = 'compensation' THEN '.undo' ELSE '' END
    ORDER BY run DESC LIMIT 1) latest
WHERE saga.name = ANY (%s) AND latest.outcome = 'discarded'
  AND (saga.state IN ('running', 'compensating') AND step.state = 'due'
       OR saga.state = 'failed' AND step.direction = 'compensation' AND step.state IN ('failed', 'unknown'))
LIMIT %s
"""


def tend(now: datetime) -> int:
    """Turn the sagas round of which a step has waited for too long; how many.

    A deadline is a row of the database, and no message waits for it. An event that arrives at the same moment either
    comes first, or finds the step ended. What this code does not know is left to a process that does.
    """
    overdue = SagaStep.objects.filter(state=WAITING, deadline_at__lte=now, saga__name__in=definitions())
    steps = overdue.values_list("saga__name", "saga__key", "step", "deadline_at", "begun_at").order_by("deadline_at")
    return sum(
        _end(name, key, Settled(step, ACTION, TIMED_OUT, reason=_in_vain(step, deadline_at, begun_at)))
        for name, key, step, deadline_at, begun_at in list(steps[:_BATCH_COUNT])
        if deadline_at
    )


def take_up_discarded(now: datetime) -> int:
    """Move the sagas on whose dead letters somebody discarded; how many. A compensation is taken for done by hand, and
    the ones before it follow. An action is not: it failed."""
    with connection.cursor() as cursor:
        cursor.execute(_DISCARDED, [list(definitions()), _BATCH_COUNT])
        discarded = cursor.fetchall()
    return sum(_end(name, key, _given_up(name, step, direction)) for name, key, step, direction in discarded)


def _in_vain(step: str, deadline_at: datetime, begun_at: datetime) -> str:
    return f"StepTimedOut: {step} waited in vain for {(deadline_at - begun_at).total_seconds():.0f} s"


def _given_up(name: str, step: str, direction: Direction) -> Settled:
    forward = UNKNOWN if definitions()[name].plan.is_external(step) else NO_EFFECT
    state = forward if direction == ACTION else ENDED
    return Settled(step, direction, state, reason="its dead letter was discarded")


@transaction.atomic
def _end(name: str, key: str, ended: Settled) -> bool:
    loaded = load(name, key)
    return loaded is not None and move(definitions()[name].plan, loaded, settle(ended))
