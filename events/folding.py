"""Folds: how the events of a stream add up to a state, and how that state is compared with the rows that it should
equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from events import catalogue
from events.errors import StateNotStorable
from events.event import LoggedEvent

State = TypeVar("State", bound=BaseModel)
#: One step: the state before (None before the first event), the event as its newest type, and the event as logged.
Step = Callable[[State | None, Any, LoggedEvent], State | None]
#: Of these streams, those that have a row, with what the fields of the state must be.
Rows = Callable[[Sequence[str]], Iterable[tuple[str, dict[str, Any]]]]
#: Every stream that has a row.
Streams = Callable[[], Iterable[str]]


@dataclass(frozen=True)
class Fold:
    """What turns the events of each stream of one kind into a state."""

    pattern: str
    step: Step[Any]
    state: type[BaseModel]
    version: int

    @property
    def name(self) -> str:
        """What its snapshots are found by."""
        return f"{self.step.__module__}.{self.step.__qualname__}"

    @cached_property
    def prefix(self) -> str:
        """How its streams begin: the pattern up to its first field."""
        return self.pattern.partition("{")[0]

    @cached_property
    def code(self) -> str:
        """What a snapshot must have been made with: the declared version, the fields of the state, and the versions of
        the events."""
        types = [one for one in catalogue.event_types() if one.event_stream.startswith(self.prefix)]
        read = [self.state.model_json_schema(), [(one.event_name, one.event_version) for one in types]]
        digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()
        return f"{self.version}:{digest[:16]}"

    def after(self, state: BaseModel | None, logged: LoggedEvent) -> BaseModel | None:
        """The state after one more event. Raises UnknownEvent or PayloadUnreadable."""
        after: BaseModel | None = self.step(state, logged.typed(), logged)
        return after

    def written(self, state: BaseModel) -> str:
        """A state as JSON. Raises StateNotStorable when it could not be read back."""
        text = state.model_dump_json()
        if self.read(text) != state:
            raise StateNotStorable(fold=self.name, state=self.state.__name__)
        return text

    def read(self, text: str) -> BaseModel | None:
        """A state from its JSON; None when it is not the JSON of one."""
        try:
            return self.state.model_validate_json(text)
        except ValidationError:
            return None


@dataclass(frozen=True, slots=True)
class Verification:
    """What `manage.py events verify` compares folded states with."""

    prefix: str
    rows: Rows
    streams: Streams


def fold(pattern: str, *, state: type[State], version: int = 1) -> Callable[[Step[State]], Step[State]]:
    """Make a function the fold of all streams of a kind:

        class OrderState(BaseModel, frozen=True):
            status: str

        @fold("order-{order_id}", state=OrderState, version=1)
        def order_state(state: OrderState | None, event: Event, logged: LoggedEvent) -> OrderState | None:
            match event:
                case OrderPlaced():
                    return OrderState(status="placed")
                case OrderPaid():
                    return state.model_copy(update={"status": "paid"})
            return state

    It gets every event of the stream, in order and as the newest type that upcasters lead to; what does not concern it,
    it answers with the state as it was. It is pure: it changes nothing, its argument included, reads nothing else, and
    is called again and again. The state can be read back from its own JSON. `version` is of the code: raise it with
    every change of what comes out, because snapshots of another version are not used. A pattern begins with text, which
    is how the fold of a stream is found; of several the longest beginning counts.
    """

    def declare(function: Step[State]) -> Step[State]:
        catalogue.add_fold(Fold(pattern, function, state, version))
        return function

    return declare


def verifies(prefix: str, *, streams: Streams) -> Callable[[Rows], Rows]:
    """Make a function what `manage.py events verify` compares the folded streams of a kind with:

        def order_streams() -> Iterator[str]:
            return (f"order-{pk}" for pk in Order.objects.values_list("pk", flat=True).iterator())

        @verifies("order-", streams=order_streams)
        def order_rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
            for order in Order.objects.filter(pk__in=[int(stream.removeprefix("order-")) for stream in streams]):
                yield f"order-{order.pk}", {"status": order.status}

    It gets some hundred streams and yields those that have a row, with the fields of the state that the row knows and
    what they must equal. `streams` gives every stream that has a row. Both only read.
    """

    def declare(rows: Rows) -> Rows:
        catalogue.add_verification(Verification(prefix, rows, streams))
        return rows

    return declare
