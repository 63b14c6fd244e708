"""Events that steps wait for: each finds the run that it belongs to."""

from collections.abc import Callable
from typing import Any

from events.event import Event
from events.sagas.rows import arrive
from events.subscribers import Context


class Router:
    """The subscriber's function that notes what arrived for one step. Twice is safe: the first event counts."""

    def __init__(self, saga: str, step: str, by: str, where: Callable[[Any], bool] | None) -> None:
        self.saga, self.step, self.by, self.where = saga, step, by, where
        self.__name__ = self.__qualname__ = f"arrival_for_{step}"
        self.__doc__ = f"Tell the saga {saga} that what its step {step} waits for is there. Twice is safe."

    def __call__(self, event: Event, context: Context) -> None:
        """Make the step due if it waits, or have it begin at once when it is reached."""
        if self.where is None or self.where(event):
            arrive(self.saga, self.by.format_map(event.__dict__), self.step, context.position)
