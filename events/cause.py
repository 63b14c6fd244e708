"""What leads to the events that are being emitted: who acts, which request or event it goes back to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(slots=True)
class LastPosition:
    """Where in the log the last event stands that was emitted, and committed, under a cause; 0 before the first."""

    value: int = 0

    def reach(self, position: int) -> None:
        """The event at this position is there to stay."""
        self.value = max(self.value, position)


@dataclass(frozen=True, slots=True)
class Cause:
    """Goes into every event emitted meanwhile. `actor` may be a function, for when it is known later than the rest."""

    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    actor: str | Callable[[], str] = ""
    traceparent: str = ""
    #: Who wants to know how far the log has come by what was emitted; not those who act because of it.
    last_position: LastPosition | None = None

    def actor_name(self) -> str:
        """Who acts, such as `user:5`; empty when nobody is known."""
        return self.actor if isinstance(self.actor, str) else self.actor()


_current: ContextVar[Cause] = ContextVar("cause", default=Cause())  # noqa: B039 (Cause is frozen)


def current_cause() -> Cause:
    """The cause that emit records."""
    return _current.get()


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Everything emitted inside goes back to this cause."""
    token = _current.set(cause)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Everything emitted inside is done by this actor, such as `user:5` or `system:import`."""
    with caused_by(replace(current_cause(), actor=actor)):
        yield
