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
    total: Decimal
    currency: str
    unit_count: int
    whole: bool
