"""Orders of trunks: eight events from placed to refunded, each as large as the shop's, and the state that they add up
to; the same as an aggregate of the `eventsourcing` library; and the same over plain dictionaries."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from pydantic import BaseModel

from events.api import Event, LoggedEvent, fold


class TrunkPlaced(Event, name="trunk.placed", stream="trunk-{trunk_id}"):
    """A customer's order was accepted."""

    trunk_id: int
    number: str = "BR-23456-789AB"
    customer_id: int = 4711
    total: Decimal = Decimal("129.90")
    currency: str = "GBP"
    line_count: int = 3
    unit_count: int = 5


class TrunkPaid(Event, name="trunk.paid", stream="trunk-{trunk_id}"):
    """It was paid."""

    trunk_id: int
    number: str = "BR-23456-789AB"
    customer_id: int = 4711
    amount: Decimal = Decimal("129.90")
    currency: str = "GBP"
    charge_id: str = "ch_3NaBcDeFgHiJkLmN"


class TrunkNoted(Event, name="trunk.noted", stream="trunk-{trunk_id}"):
    """Somebody wrote something down."""

    trunk_id: int
    text: str = "Please leave it with the neighbours."


class TrunkPacked(Event, name="trunk.packed", stream="trunk-{trunk_id}"):
    """The pieces are in parcels."""

    trunk_id: int
    number: str = "BR-23456-789AB"


class TrunkShipped(Event, name="trunk.shipped", stream="trunk-{trunk_id}"):
    """The carrier has it."""

    trunk_id: int
    carrier: str = "Swift Parcels"
    tracking_number: str = "SP123456789GB"


class TrunkDelivered(Event, name="trunk.delivered", stream="trunk-{trunk_id}"):
    """The customer has it."""

    trunk_id: int


class TrunkReturned(Event, name="trunk.returned", stream="trunk-{trunk_id}"):
    """All of it came back."""

    trunk_id: int
    unit_count: int = 5


class TrunkRefunded(Event, name="trunk.refunded", stream="trunk-{trunk_id}"):
    """The money went back."""

    trunk_id: int
    amount: Decimal = Decimal("129.90")


#: The life of an order, in order.
LIFE: tuple[type[Event], ...] = (
    TrunkPlaced, TrunkPaid, TrunkNoted, TrunkPacked, TrunkShipped, TrunkDelivered, TrunkReturned, TrunkRefunded,
)  # fmt: skip


class TrunkState(BaseModel, frozen=True):
    """An order as its events say."""

    number: str
    customer_id: int
    status: str
    total: Decimal
    currency: str
    line_count: int
    unit_count: int
    placed_at: datetime
    charge_id: str = ""
    note_count: int = 0
    carrier: str = ""
    tracking_number: str = ""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    returned_unit_count: int = 0
    refunded_total: Decimal = Decimal(0)


@fold("trunk-{trunk_id}", state=TrunkState)
def trunk_state(state: TrunkState | None, happened: Event, logged: LoggedEvent) -> TrunkState | None:
    """As one writes a fold."""
    if isinstance(happened, TrunkPlaced):
        fields = happened.model_dump(exclude={"trunk_id"})
        return TrunkState(status="placed", placed_at=logged.occurred_at, **fields)
    return state and state.model_copy(update=_changes(state, happened, logged.occurred_at))


def _changes(state: TrunkState, happened: Event, at: datetime) -> dict[str, Any]:
    match happened:
        case TrunkPaid(charge_id=charge_id):
            return {"status": "paid", "charge_id": charge_id}
        case TrunkNoted():
            return {"note_count": state.note_count + 1}
        case TrunkPacked():
            return {"status": "packed"}
        case TrunkShipped(carrier=carrier, tracking_number=tracking_number):
            return {"status": "shipped", "carrier": carrier, "tracking_number": tracking_number, "shipped_at": at}
        case TrunkDelivered():
            return {"status": "delivered", "delivered_at": at}
        case TrunkReturned(unit_count=unit_count):
            return {"status": "returned", "returned_unit_count": unit_count}
        case TrunkRefunded(amount=amount):
            return {"refunded_total": state.refunded_total + amount}
    return {}


Plain = dict[str, Any]
#: Name of the event: what it does to the order, given its payload and its instant.
PLAIN_STEPS: dict[str, Callable[[Plain, Plain, Any], Any]] = {
    "trunk.placed": lambda state, payload, at: state.update(payload, status="placed", placed_at=at),
    "trunk.paid": lambda state, payload, at: state.update(status="paid", charge_id=payload["charge_id"]),
    "trunk.noted": lambda state, payload, at: state.update(note_count=state.get("note_count", 0) + 1),
    "trunk.packed": lambda state, payload, at: state.update(status="packed"),
    "trunk.shipped": lambda state, payload, at: state.update(
        status="shipped", carrier=payload["carrier"], tracking_number=payload["tracking_number"], shipped_at=at
    ),
    "trunk.delivered": lambda state, payload, at: state.update(status="delivered", delivered_at=at),
    "trunk.returned": lambda state, payload, at: state.update(
        status="returned", returned_unit_count=payload["unit_count"]
    ),
    "trunk.refunded": lambda state, payload, at: state.update(
        refunded_total=state.get("refunded_total", Decimal(0)) + Decimal(payload["amount"])
    ),
}


class Trunk(Aggregate):
    """The rival's."""

    @event("Placed")
    def __init__(
        self, number: str, customer_id: int, total: Decimal, currency: str, line_count: int, unit_count: int
    ) -> None:
        self.number, self.customer_id, self.status = number, customer_id, "placed"
        self.total, self.currency, self.line_count, self.unit_count = total, currency, line_count, unit_count
        self.note_count, self.refunded_total = 0, Decimal(0)

    @event("Paid")
    def pay(self, number: str, customer_id: int, amount: Decimal, currency: str, charge_id: str) -> None:
        self.status, self.charge_id = "paid", charge_id

    @event("Noted")
    def note(self, text: str) -> None:
        self.note_count += 1

    @event("Packed")
    def pack(self, number: str) -> None:
        self.status = "packed"

    @event("Shipped")
    def ship(self, carrier: str, tracking_number: str) -> None:
        self.status, self.carrier, self.tracking_number = "shipped", carrier, tracking_number

    @event("Delivered")
    def deliver(self) -> None:
        self.status = "delivered"

    @event("Returned")
    def give_back(self, unit_count: int) -> None:
        self.status, self.returned_unit_count = "returned", unit_count

    @event("Refunded")
    def refund(self, amount: Decimal) -> None:
        self.refunded_total += amount


class Trunks(Application):
    """The rival's application, with snapshots."""

    is_snapshotting_enabled = True


def live(trunk: Trunk) -> Trunk:
    """The rival's eight events."""
    paid, refunded = TrunkPaid(trunk_id=0), TrunkRefunded(trunk_id=0)
    trunk.pay(**paid.model_dump(exclude={"trunk_id"}))
    trunk.note(TrunkNoted(trunk_id=0).text)
    trunk.pack(paid.number)
    trunk.ship("Swift Parcels", "SP123456789GB")
    trunk.deliver()
    trunk.give_back(5)
    trunk.refund(refunded.amount)
    return trunk
