"""Running one step of a saga: what its function is given, and how its result is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from events.errors import Reject
from events.event import Event, LoggedEvent
from events.failure import Failure
from events.models import Event as EventRow
from events.sagas.deciding import (
    ACTION,
    COMPENSATING,
    COMPENSATION,
    DONE,
    DUE,
    ENDED,
    FAILED,
    NO_EFFECT,
    UNKNOWN,
    Direction,
    Progress,
    Settled,
    Situation,
    settle,
)
from events.sagas.rows import Loaded, load, move, storable
from events.subscribers import Context

if TYPE_CHECKING:
    from events.sagas.definition import Saga, StepOptions

_REASON_LIMIT = 1_000
_LOGGED = [field.name for field in fields(LoggedEvent)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaRun:
    """What a step is given: which run it is of, what came before, and the key for the outside."""

    saga: str
    key: str
    #: What start_saga was given.
    data: dict[str, Any]
    #: What each step that is done has recorded, by its name; {} for None.
    results: dict[str, dict[str, Any]]
    #: For a compensation: what its action recorded; None when that failed and may have had its effect all the same.
    recorded: dict[str, Any] | None
    #: What the step waited for.
    event: Event | None
    #: Why the saga compensates; empty while it does not.
    reason: str
    step: str
    direction: str
    context: Context

    @property
    def idempotency_key(self) -> str:
        """The same for every try and every replay: hand it to the outside."""
        return _key(self.saga, self.key, self.step, self.direction)

    @property
    def action_key(self) -> str:
        """The idempotency key that the action of this step had; for its compensation."""
        return _key(self.saga, self.key, self.step, ACTION)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step found and returned, on its way to the transaction that settles it."""

    loaded: Loaded
    ended: Settled


class Runner:
    """The subscriber's function of one action or compensation."""

    def __init__(
        self,
        saga: type[Saga],
        step: str,
        direction: Direction,
        function: Callable[[SagaRun], Any],
        options: StepOptions,
    ) -> None:
        self.saga, self.step, self.direction, self.function = saga, step, direction, function
        self.effects, self.final_errors = options.get("effects", "database"), options.get("final_errors", ())
        update_wrapper(self, function)

    def __call__(self, due: Any, context: Context) -> Outcome:
        """Run the function; twice is safe as far as its subscriber's effects are. Raises Reject when the saga does not
        want it any more."""
        loaded = self._loaded(due.key, context)
        if self._is_not_to_begin(loaded.situation):
            return Outcome(loaded, Settled(self.step, self.direction, ENDED, reason="the saga compensates"))
        recorded = self.function(self._run(loaded, due, context))
        storable(recorded)
        return Outcome(loaded, Settled(self.step, self.direction, DONE, recorded))

    def settle(self, outcome: Outcome, context: Context) -> None:
        """Record the result, and have what follows begun, in the transaction that settles the delivery."""
        move(self.saga.plan, outcome.loaded, settle(outcome.ended))

    def bury(self, due: LoggedEvent, failure: Failure) -> None:
        """The delivery is a dead letter: turn the saga round, in the transaction that says so. No kill comes between
        them."""
        if loaded := load(self.saga.saga_name, due.payload["key"]):
            state = NO_EFFECT if self._is_without_effect(failure) else UNKNOWN
            words = f"{failure.error_class.rpartition('.')[2]}: {failure.message}"
            ended = Settled(self.step, self.direction, state, reason=words[:_REASON_LIMIT])
            move(self.saga.plan, loaded, settle(ended))

    def _loaded(self, key: str, context: Context) -> Loaded:
        """Raises Reject for a step that is settled: the run of it that counts is another one."""
        loaded = load(self.saga.saga_name, key)
        if loaded is None:
            raise Reject(f"There is no saga {self.saga.saga_name} with the key {key!r}")
        progress = loaded.situation.find(self.step, self.direction)
        if progress is None or progress.position != context.position or not self._is_wanted(loaded, progress):
            state = progress.state if progress else "not begun"
            raise Reject(
                f"The saga {self.saga.saga_name} {key} is {loaded.situation.state}, and the {self.direction} of its "
                f"step {self.step} is {state}: it does not run again. Discard this dead letter."
            )
        return loaded

    def _is_wanted(self, loaded: Loaded, progress: Progress) -> bool:
        """What is due; and of a saga that could not be undone, the compensation that died."""
        is_dead_undo = self.direction == COMPENSATION and progress.state in (NO_EFFECT, UNKNOWN)
        return progress.state == DUE or (is_dead_undo and loaded.situation.state == FAILED)

    def _is_not_to_begin(self, situation: Situation) -> bool:
        """Whatever was tried before was rolled back. An effect outside may be half done: that is brought to an end."""
        is_database = not self.saga.plan.is_external(self.step)
        return self.direction == ACTION and situation.state == COMPENSATING and is_database

    def _is_without_effect(self, failure: Failure) -> bool:
        """Whether that is certain: it was rolled back, or the outside has refused it."""
        return self.effects == "database" or issubclass(failure.kind, (Reject, *self.final_errors))

    def _run(self, loaded: Loaded, due: Any, context: Context) -> SagaRun:
        situation = loaded.situation
        own = situation.find(self.step, ACTION)
        return SagaRun(
            saga=self.saga.saga_name,
            key=loaded.key,
            data=loaded.data,
            results={one.step: one.recorded or {} for one in situation.steps if _is_done(one)},
            recorded=own.recorded if own and self.direction == COMPENSATION else None,
            event=_event_at(due.arrived) if due.arrived else None,
            reason=situation.reason,
            step=self.step,
            direction=self.direction,
            context=context,
        )


def _key(saga: str, key: str, step: str, direction: str) -> str:
    return f"saga:{saga}:{key}:{step}:{direction}"


def _is_done(one: Any) -> bool:
    return bool(one.direction == ACTION and one.state == DONE)


def _event_at(position: int) -> Event:
    return LoggedEvent(**EventRow.objects.values(*_LOGGED).get(position=position)).typed()
