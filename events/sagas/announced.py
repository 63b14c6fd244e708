"""What sagas tell everybody, in the stream of each run: `saga-<name>-<key>`.

Why one was given up is with the run, where it can be blanked, and not in the log: errors may name people.
"""

from typing import Annotated, Literal

from pydantic import Field

from events.event import Event

_STREAM = "saga-{saga}-{key}"
Name = Annotated[str, Field(examples=["booking"])]
Key = Annotated[str, Field(examples=["trip-7"])]
StepName = Annotated[str, Field(examples=["hotel"])]


class SagaStepCompleted(Event, name="saga.step.completed", stream=_STREAM):
    """A step of a saga is done, or undone."""

    saga: Name
    key: Key
    step: StepName
    direction: Literal["action", "compensation"]


class SagaCompleted(Event, name="saga.completed", stream=_STREAM):
    """All steps of a saga are done."""

    saga: Name
    key: Key


class SagaCompensated(Event, name="saga.compensated", stream=_STREAM):
    """A saga was given up, and what it had done is undone."""

    saga: Name
    key: Key


class SagaFailed(Event, name="saga.failed", stream=_STREAM):
    """A saga was given up, and a step of it could not be undone: somebody has to look at the dead letter."""

    saga: Name
    key: Key
    step: StepName
