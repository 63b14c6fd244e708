"""The past of an order: what it was at any point, and what changed between two of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from events.api import state_of
from shop.orders.history import OrderState
from shop.orders.models import Order

#: A version of the order's stream (1 is its first event), or an instant.
Point = int | datetime
_LONGEST_VERSION = 9  # digits
#: They tell an order from another, or are about the log; a difference in them says nothing.
_NO_CHANGE = {"order_id", "number", "customer_id", "unsaid"}


@dataclass(frozen=True, slots=True)
class Then:
    """An order after `version` events, the last of which was logged at `at`."""

    version: int
    at: datetime
    state: OrderState

    @property
    def values(self) -> dict[str, Any]:
        """The state as JSON values: amounts and instants are text."""
        return self.state.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs between two points, with its JSON values."""

    field: str
    before: Any
    after: Any


def then(order: Order, point: Point | None = None) -> Then | None:
    """The order at a point, without one as it is now; None before its first event, and for too late a version."""
    folded = state_of(f"order-{order.pk}", at=point)
    if folded.state is None or (isinstance(point, int) and folded.stream_version != point):
        return None
    return Then(folded.stream_version, folded.at, folded.state)


def changes(before: Then, after: Then, fields: Collection[str] | None = None) -> list[Change]:
    """What differs, in the order of the state's fields; of these `fields` if given."""
    old, new = before.values, after.values
    names = [name for name in old if name not in _NO_CHANGE and (fields is None or name in fields)]
    return [Change(name, old[name], new[name]) for name in names if old[name] != new[name]]


def read_point(text: str) -> Point:
    """A point as a client writes it: `7`, or an instant in ISO 8601 with its time zone. Raises ValueError."""
    if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_VERSION:
        return int(text)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
