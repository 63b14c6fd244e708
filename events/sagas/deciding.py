"""What happens next in a saga: a function of its plan, of how far it is, and of what has just happened. It reads and
writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["action", "compensation"]

ACTION: Direction = "action"
COMPENSATION: Direction = "compensation"

#: Of a saga.
RUNNING, COMPENSATING, FAILED, COMPLETED, COMPENSATED = "running", "compensating", "failed", "completed", "compensated"
#: Of a step: the first two are open.
WAITING, DUE, DONE, NO_EFFECT, UNKNOWN, TIMED_OUT, ENDED = (
    *("waiting", "due", "done"),
    *("failed", "unknown", "timed_out", "ended"),
)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan; with a time-out it waits for an event."""

    name: str
    after: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    is_external: bool = False
    has_undo: bool = False
    covers_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a saga, in the order of its class."""

    saga: str
    steps: tuple[PlannedStep, ...]

    def step(self, name: str) -> PlannedStep | None:
        """The step of that name, if this code has it."""
        return next((one for one in self.steps if one.name == name), None)

    def is_external(self, name: str) -> bool:
        """Whether the action of that step has effects outside."""
        return any(one.is_external for one in self.steps if one.name == name)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of a run is, or its compensation."""

    step: str
    direction: Direction
    state: str
    settled_version: int = 0
    recorded: dict[str, Any] | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """A run of a saga, and how far it is."""

    state: str
    reason: str = ""
    steps: tuple[Progress, ...] = ()

    def find(self, step: str, direction: str) -> Progress | None:
        """The step, if it was begun."""
        return next((one for one in self.steps if (one.step, one.direction) == (step, direction)), None)

    def names(self, direction: str, *states: str) -> list[str]:
        """The names of the steps of this direction that are in one of these states, or in any."""
        return [one.step for one in self.steps if one.direction == direction and (not states or one.state in states)]


@dataclass(frozen=True, slots=True)
class Settled:
    """How one step ended, what it recorded, and why it did not go well."""

    step: str
    direction: Direction
    state: str
    recorded: dict[str, Any] | None = None
    reason: str = ""


@dataclass(slots=True)
class Change:
    """What is to be written, and told."""

    state: str
    reason: str
    settled: list[Settled] = field(default_factory=list)
    begun: list[tuple[PlannedStep, Direction]] = field(default_factory=list)
    #: The step of which the compensation failed.
    failed_step: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing follows by itself."""
        return self.state in (COMPLETED, COMPENSATED)


#: Answers what is to be done in a situation; None: nothing, it is over and done with.
Decision = Callable[[Plan, Situation], Change | None]


def first_steps(plan: Plan) -> list[PlannedStep]:
    """The steps that nothing comes before."""
    return [one for one in plan.steps if not one.after]


def settle(ended: Settled) -> Decision:
    """A step has ended: the next ones begin, or the saga turns round. Only what waits can time out; only a compensation
    can end a second time, after its dead letter was replayed."""

    def decide(plan: Plan, now: Situation) -> Change | None:
        before = now.find(ended.step, ended.direction)
        is_undo = ended.direction == COMPENSATION
        expected = (DUE, NO_EFFECT, UNKNOWN) if is_undo else (WAITING,) if ended.state == TIMED_OUT else (DUE,)
        if before is None or before.state not in expected:
            return None
        change = Change(now.state, now.reason, [ended])
        if is_undo:
            return _after_compensation(plan, now, change, ended)
        if ended.state == DONE and now.state == RUNNING:
            return _forward(plan, now, change)
        return _turn_round(plan, now, change, ended.reason)

    return decide


def give_up(reason: str) -> Decision:
    """Somebody wants the saga compensated; one that failed to compensate tries again."""

    def decide(plan: Plan, now: Situation) -> Change | None:
        if now.state == RUNNING:
            return _turn_round(plan, now, Change(now.state, now.reason), reason)
        if now.state == FAILED and not now.names(COMPENSATION, NO_EFFECT, UNKNOWN):
            return _unwind(plan, now, Change(COMPENSATING, now.reason))
        return None

    return decide


def _forward(plan: Plan, now: Situation, change: Change) -> Change:
    done = {*now.names(ACTION, DONE), *(one.step for one in change.settled)}
    begun = {*now.names(ACTION)}
    ready = [one for one in plan.steps if one.name not in begun and done.issuperset(one.after)]
    change.begun = [(one, ACTION) for one in ready]
    if done.issuperset(one.name for one in plan.steps) and not begun - done:
        change.state = COMPLETED
    return change


def _turn_round(plan: Plan, now: Situation, change: Change, reason: str) -> Change:
    if now.state == RUNNING:
        change.state, change.reason = COMPENSATING, reason
        settled = {one.step for one in change.settled}
        waiting = [name for name in now.names(ACTION, WAITING) if name not in settled]
        change.settled += [Settled(name, ACTION, ENDED, reason="the saga compensates") for name in waiting]
    return _unwind(plan, now, change)


def _after_compensation(plan: Plan, now: Situation, change: Change, ended: Settled) -> Change | None:
    if ended.state in (DONE, ENDED):
        change.state = COMPENSATING
        return _unwind(plan, now, change)
    if now.state == FAILED:
        return None
    change.state, change.failed_step = FAILED, ended.step
    return change


def _unwind(plan: Plan, now: Situation, change: Change) -> Change:
    """The compensation of the step that was done last, once no action is out any more."""
    settled = {(one.step, one.direction) for one in change.settled}
    if [name for name in now.names(ACTION, DUE) if (name, ACTION) not in settled]:
        return change
    undone = {*now.names(COMPENSATION), *(step for step, direction in settled if direction == COMPENSATION)}
    for name, state in _last_first(now, change.settled):
        planned = plan.step(name)
        if name in undone or (planned and not _is_to_be_undone(planned, state)):
            continue
        if planned is None:
            return _stuck(change, name)
        change.begun = [(planned, COMPENSATION)]
        return change
    change.state = COMPENSATED
    return change


def _last_first(now: Situation, settled: Iterable[Settled]) -> list[tuple[str, str]]:
    """The actions that had, or may have had, their effect, with which of both; the last one first."""
    just_now = [(one.step, one.state) for one in settled if one.direction == ACTION]
    before = sorted((one for one in now.steps if one.direction == ACTION), key=lambda one: -one.settled_version)
    names = {name for name, _ in just_now}
    earlier = [(one.step, one.state) for one in before if one.step not in names]
    return [(name, state) for name, state in [*just_now, *earlier] if state in (DONE, UNKNOWN)]


def _is_to_be_undone(planned: PlannedStep, state: str) -> bool:
    return planned.has_undo and (state == DONE or planned.covers_unknown)


def _stuck(change: Change, name: str) -> Change:
    change.state, change.failed_step = FAILED, name
    change.reason = f"{change.reason}; this code does not know how the step {name} is undone"
    return change
