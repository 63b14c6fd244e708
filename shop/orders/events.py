"""What happens to orders."""

from decimal import Decimal

from events.api import Event


class OrderPlaced(Event, name="order.placed", version=1, stream="order-{order_id}"):
    """A customer's order was accepted."""

    order_id: int
    number: str
    customer_id: int
    total: Decimal
    currency: str
    line_count: int
    unit_count: int


class OrderPaid(Event, name="order.paid", version=1, stream="order-{order_id}"):
    """The whole order was paid; `charge_id` is empty for an order that costs nothing."""

    order_id: int
    number: str
    customer_id: int
    amount: Decimal
    currency: str
    charge_id: str


class OrderCancelled(Event, name="order.cancelled", version=1, stream="order-{order_id}"):
    """An order, or a part of it, was cancelled and refunded.

    `amount` and `unit_count` are of this cancellation, `cancelled_total` is the sum after it, `whole` says that nothing
    of the order is left.
    """

    order_id: int
    number: str
    customer_id: int
    amount: Decimal
    cancelled_total: Decimal
    returned_total: Decimal = Decimal(0)
    total: Decimal
    currency: str
    unit_count: int
    whole: bool


class OrderPacked(Event, name="order.packed", version=1, stream="order-{order_id}"):
    """The warehouse has put the pieces into parcels."""

    order_id: int
    number: str
    customer_id: int


class OrderShipped(Event, name="order.shipped", version=1, stream="order-{order_id}"):
    """The parcels are with the carrier; `tracking_number` may be empty."""

    order_id: int
    number: str
    customer_id: int
    carrier: str
    tracking_number: str


class OrderDelivered(Event, name="order.delivered", version=1, stream="order-{order_id}"):
    """The customer has the parcels."""

    order_id: int
    number: str
    customer_id: int


class OrderReturned(Event, name="order.returned", version=1, stream="order-{order_id}"):
    """Pieces came back after delivery. `amount` and `unit_count` are of this return, the totals are the sums after it;
    `whole` says that nothing of the order is left with the customer, `restocked` that the pieces can be sold again."""

    order_id: int
    number: str
    customer_id: int
    return_number: int
    amount: Decimal
    returned_total: Decimal
    cancelled_total: Decimal
    total: Decimal
    currency: str
    unit_count: int
    whole: bool
    restocked: bool = True


class OrderRefunded(Event, name="order.refunded", version=1, stream="order-{order_id}"):
    """Money went back to the customer, because of a cancellation or a return; `refund_id` is the provider's."""

    order_id: int
    number: str
    customer_id: int
    amount: Decimal
    currency: str
    refund_id: str
    reason: str


class OrderHeld(Event, name="order.held", version=1, stream="order-{order_id}"):
    """The order waits for somebody to look at it before it is packed."""

    order_id: int
    number: str
    customer_id: int
    reason: str


class OrderReleased(Event, name="order.released", version=1, stream="order-{order_id}"):
    """Somebody looked, and the order goes on."""

    order_id: int
    number: str
    customer_id: int
