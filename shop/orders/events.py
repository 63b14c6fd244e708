"""What happens to orders. The newest version of each event; shop/orders/upcasters.py makes it of the older ones.

The instants are those of the order's row, which a report of another system or a late settling sets to something else
than the moment in which the event was logged. What an older version did not say is None.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from events.api import Event, Personal

Number = Annotated[str, Field(examples=["BR-7K2QM-X9RTD"])]
Currency = Annotated[str, Field(examples=["GBP"])]


class OrderPlaced(Event, name="order.placed", version=2, stream="order-{order_id}", person="customer-{customer_id}"):
    """A customer's order was accepted. The total is subtotal − discount + shipping_fee + tax."""

    order_id: int
    number: Number
    customer_id: int
    subtotal: Decimal | None
    discount: Decimal | None
    shipping_fee: Decimal | None
    tax: Decimal | None
    total: Decimal
    currency: Currency
    coupon_code: str | None = Field(examples=["SPRING"])
    affiliate: str | None = Field(examples=["homeblog"])
    line_count: int
    unit_count: int
    placed_at: datetime | None


class OrderPaid(Event, name="order.paid", version=2, stream="order-{order_id}", person="customer-{customer_id}"):
    """The whole order was paid; `charge_id` is empty for an order that costs nothing. Without `captured_at` the money
    is reserved, and taken when payment.captured says so; version 1 is of when it was always taken at once."""

    order_id: int
    number: Number
    customer_id: int
    amount: Decimal
    currency: Currency
    charge_id: str = Field(examples=["ch_1042"])
    captured_at: datetime | None


class OrderCancelled(
    Event, name="order.cancelled", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """An order, or a part of it, was cancelled and refunded.

    `amount` and `unit_count` are of this cancellation, `cancelled_total` is the sum after it, `whole` says that nothing
    of the order is left.
    """

    order_id: int
    number: Number
    customer_id: int
    amount: Decimal
    cancelled_total: Decimal
    returned_total: Decimal = Decimal(0)
    total: Decimal
    currency: Currency
    unit_count: int
    whole: bool


class OrderPacked(Event, name="order.packed", version=2, stream="order-{order_id}", person="customer-{customer_id}"):
    """The warehouse has put the pieces into parcels."""

    order_id: int
    number: Number
    customer_id: int
    packed_at: datetime | None


class OrderShipped(Event, name="order.shipped", version=2, stream="order-{order_id}", person="customer-{customer_id}"):
    """The parcels are with the carrier; `tracking_number` may be empty."""

    order_id: int
    number: Number
    customer_id: int
    carrier: str = Field(examples=["Royal Mail"])
    tracking_number: str = Field(examples=["JD014600003"])
    shipped_at: datetime | None


class OrderDelivered(
    Event, name="order.delivered", version=2, stream="order-{order_id}", person="customer-{customer_id}"
):
    """The customer has the parcels."""

    order_id: int
    number: Number
    customer_id: int
    delivered_at: datetime | None


class OrderReturned(
    Event, name="order.returned", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """Pieces came back after delivery. `amount` and `unit_count` are of this return, the totals are the sums after it;
    `whole` says that nothing of the order is left with the customer, `restocked` that the pieces can be sold again."""

    order_id: int
    number: Number
    customer_id: int
    return_number: int
    amount: Decimal
    returned_total: Decimal
    cancelled_total: Decimal
    total: Decimal
    currency: Currency
    unit_count: int
    whole: bool
    restocked: bool = True


class OrderRefunded(
    Event, name="order.refunded", version=2, stream="order-{order_id}", person="customer-{customer_id}"
):
    """Money went back to the customer, because of a cancellation or a return; `refund_id` is the provider's."""

    order_id: int
    number: Number
    customer_id: int
    amount: Decimal
    currency: Currency
    refund_id: str = Field(examples=["re_1042"])
    reason: Personal[str]


class OrderHeld(Event, name="order.held", version=2, stream="order-{order_id}", person="customer-{customer_id}"):
    """The order waits for somebody to look at it before it is packed."""

    order_id: int
    number: Number
    customer_id: int
    reason: Personal[str]
    held_at: datetime | None


class OrderReleased(
    Event, name="order.released", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """Somebody looked, and the order goes on."""

    order_id: int
    number: Number
    customer_id: int


class OrderNoted(Event, name="order.noted", version=1, stream="order-{order_id}", person="customer-{customer_id}"):
    """Staff wrote something down. The text, which may be long and speak of people, stays in the note."""

    order_id: int
    number: Number
    customer_id: int
    note_id: int


class OrderRestated(
    Event, name="order.restated", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """Nothing new: what the row of an order says that the older versions of its events left out."""

    order_id: int
    number: Number
    customer_id: int
    subtotal: Decimal
    discount: Decimal
    shipping_fee: Decimal
    tax: Decimal
    coupon_code: str = Field(examples=["SPRING"])
    affiliate: str = Field(examples=["homeblog"])
    placed_at: datetime
    captured_at: datetime | None
    packed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    held_at: datetime | None


class OrderCancellationRefused(
    Event, name="order.cancellation_refused", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """A cancellation that was begun came to nothing: the pieces were on their way already, or nothing is refunded. They
    are the customer's as before."""

    order_id: int
    number: Number
    customer_id: int
    unit_count: int


class OrderReturnRequested(
    Event, name="order.return_requested", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """A customer wants to send pieces back, and they are spoken for. Like the two events below it says nothing about
    the order itself: only order.returned does, once the money went back."""

    order_id: int
    number: Number
    customer_id: int
    return_number: int
    amount: Decimal
    currency: Currency
    unit_count: int


class OrderReturnArrived(
    Event, name="order.return_arrived", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """The pieces of a requested return are in the house, and wait for somebody to look at them."""

    order_id: int
    number: Number
    customer_id: int
    return_number: int


class OrderReturnDecided(
    Event, name="order.return_decided", version=1, stream="order-{order_id}", person="customer-{customer_id}"
):
    """Somebody has decided about a requested return: it is accepted, and refunded then, or rejected. `restocked` says
    whether the pieces can be sold again."""

    order_id: int
    number: Number
    customer_id: int
    return_number: int
    accepted: bool
    restocked: bool
