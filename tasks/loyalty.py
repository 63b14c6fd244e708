"""Points for what customers keep."""

from events.api import Context, subscriber
from shop.loyalty.operations import points_lost, points_of, record_points
from shop.orders.events import OrderCancelled, OrderPaid, OrderReturned


@subscriber(OrderPaid, OrderCancelled, OrderReturned, name="loyalty.award_points")
def award_points(event: OrderPaid | OrderCancelled | OrderReturned, context: Context) -> None:
    """Twice is once: the entry and its delivery are one transaction, and an event has one entry at most."""
    if isinstance(event, OrderPaid):
        points, reason = points_of(event.amount), "paid"
    else:
        given_back = event.cancelled_total + event.returned_total
        points = -points_lost(event.total, given_back - event.amount, given_back)
        reason = "cancelled" if isinstance(event, OrderCancelled) else "returned"
    record_points(
        customer_id=event.customer_id,
        event_id=context.event_id,
        points=points,
        reason=reason,
        order_number=event.number,
    )
