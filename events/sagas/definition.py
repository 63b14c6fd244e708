"""What a saga is: a class whose steps enter the catalogue as subscribers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, ClassVar, TypedDict, Unpack

from pydantic import create_model

from events import catalogue
from events.errors import ResultNotStorable
from events.event import Event
from events.sagas.announced import Key
from events.sagas.arriving import Router
from events.sagas.deciding import ACTION, COMPENSATION, Direction, Plan, PlannedStep
from events.sagas.running import Runner, SagaRun
from events.subscribers import Effects, Subscriber

Action = Callable[[SagaRun], "dict[str, Any] | None"]
Undo = Callable[[SagaRun], None]


class StepOptions(TypedDict, total=False):
    """What steps and compensations take of what @subscriber takes."""

    effects: Effects
    queue: str
    max_retries: int
    backoff_seconds: int
    backoff_cap_seconds: int
    final_errors: tuple[type[Exception], ...]
    transient_errors: tuple[type[Exception], ...]
    soft_time_limit_seconds: float | None
    time_limit_seconds: float | None


@dataclass(frozen=True)
class Compensation:
    """How a step is undone."""

    function: Undo
    options: StepOptions
    covers_unknown: bool


class Step:
    """One move of a saga: its action, what comes before it, and how it is undone. Calling it calls the action."""

    name = ""
    undo: Compensation | None = None

    def __init__(
        self,
        function: Action,
        options: StepOptions,
        *,
        after: tuple[str, ...] | None,
        waits_for: type[Event] | None,
        by: str,
        where: Callable[[Any], bool] | None,
        timeout_seconds: float | None,
    ) -> None:
        self.function, self.options, self.after = function, options, after
        self.waits_for, self.by, self.where, self.timeout_seconds = waits_for, by, where, timeout_seconds
        update_wrapper(self, function)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __call__(self, run: SagaRun) -> dict[str, Any] | None:
        """Run the action by itself."""
        return self.function(run)

    def compensation(self, *, covers_unknown: bool = False, **options: Unpack[StepOptions]) -> Callable[[Undo], Undo]:
        """Make a function the undo of this step. It takes the run, with what the action `recorded`, and the options of
        @subscriber.

        With `covers_unknown` it also runs when an action with external effects failed, and may have had its effect all
        the same, after a time-out for instance: `run.recorded` is None then, and `run.action_key` is the idempotency
        key that the action gave to the outside.
        """

        def declare(function: Undo) -> Undo:
            self.undo = Compensation(function, options, covers_unknown)
            return function

        return declare


def step(
    *,
    after: tuple[str, ...] | None = None,
    waits_for: type[Event] | None = None,
    by: str = "",
    where: Callable[[Any], bool] | None = None,
    timeout_seconds: float | None = None,
    **options: Unpack[StepOptions],
) -> Callable[[Action], Step]:
    """Make a function of a Saga class one of its steps. It takes the run alone, and what it returns, a small dict or
    None, is recorded: later steps find it in `run.results`, its compensation in `run.recorded`.

    - `after`: the names of the steps that have to be done first; by default the one before it in the class. Steps
      after the same one run in parallel; a step after several waits for all of them; `after=()` begins at once.
    - `waits_for`, `by`, `timeout_seconds`: the step runs when an event of this type arrives whose fields make the
      saga's key of the pattern `by`, and for which `where(event)` is true if that is given; it finds it in `run.event`.
      The first one counts, also when it came before the step was reached. None within the time compensates the saga.
    - the others are options of @subscriber. A step that is out of tries, or fails with one of its `final_errors`,
      compensates the saga.
    """

    def declare(function: Action) -> Step:
        return Step(
            function, options, after=after, waits_for=waits_for, by=by, where=where, timeout_seconds=timeout_seconds
        )

    return declare


class Saga(SagaRun):
    """A long process, as a class of steps:

        class Trip(Saga, name="trip"):
            @step(effects="external")
            def book_flight(run: SagaRun) -> dict:
                return {"booking": airline.book(run.data["flight"], key=run.idempotency_key)}

            @book_flight.compensation(effects="external")
            def cancel_flight(run: SagaRun) -> None:
                airline.cancel(run.recorded["booking"])

    `name` and the names of the steps are part of what is stored: keep them while sagas run. An instance would be a run;
    steps call theirs `run` rather than `self`, and type checkers know what that is.
    """

    saga_name: ClassVar[str]
    plan: ClassVar[Plan]
    steps: ClassVar[dict[str, Step]]

    def __init_subclass__(cls, *, name: str) -> None:
        cls.saga_name = name
        cls.steps = {key: value for key, value in vars(cls).items() if isinstance(value, Step)}
        cls.plan = Plan(name, tuple(_planned(cls.steps)))
        for one in cls.steps.values():
            _declare(cls, one)


def definitions() -> dict[str, type[Saga]]:
    """All sagas of this code, by name."""
    runners = (one.function for one in catalogue.subscribers() if isinstance(one.function, Runner))
    return {runner.saga.saga_name: runner.saga for runner in runners}


def _planned(steps: dict[str, Step]) -> Iterator[PlannedStep]:
    before: tuple[str, ...] = ()
    for one in steps.values():
        yield PlannedStep(
            name=one.name,
            after=before if one.after is None else one.after,
            timeout_seconds=(one.timeout_seconds or 0) if one.waits_for else None,
            is_external=one.options.get("effects") == "external",
            has_undo=one.undo is not None,
            covers_unknown=one.undo is not None and one.undo.covers_unknown,
        )
        before = (one.name,)


def _declare(saga: type[Saga], one: Step) -> None:
    name = f"sagas.{saga.saga_name}.{one.name}"
    _declare_subscriber(f"{name}", saga, one.name, ACTION, one.function, one.options)
    if one.undo:
        _declare_subscriber(f"{name}.undo", saga, one.name, COMPENSATION, one.undo.function, one.undo.options)
    if one.waits_for:
        router = Router(saga.saga_name, one.name, one.by, one.where)
        catalogue.add_subscriber(
            Subscriber(name=f"{name}.arrival", function=router, event_types=(one.waits_for,), takes_context=True)
        )


def _declare_subscriber(
    name: str,
    saga: type[Saga],
    step_name: str,
    direction: Direction,
    function: Callable[[SagaRun], Any],
    options: StepOptions,
) -> None:
    due = create_model(
        "".join(part.title() for part in [*step_name.split("_"), direction, "due"]),
        __base__=Event,
        __doc__=f"The {direction} of the step {step_name} of the saga {saga.saga_name} is due.",
        __module__=function.__module__,
        __cls_kwargs__={"name": f"{name}.due", "stream": f"saga-{saga.saga_name}-{{key}}"},
        key=(Key, ...),
        arrived=(int | None, None),
    )
    runner = Runner(saga, step_name, direction, function, options)
    final_errors = (*options.get("final_errors", ()), ResultNotStorable)
    given: StepOptions = {**options, "final_errors": final_errors}
    catalogue.add_subscriber(
        Subscriber(
            name=name,
            function=runner,
            event_types=(due,),
            takes_context=True,
            then=runner.settle,
            buried=runner.bury,
            replayed_automatically=direction == COMPENSATION,
            **given,
        )
    )
