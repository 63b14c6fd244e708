"""Points for what customers keep."""

from events.api import Context, subscriber
from shop.loyalty.operations import points_lost, points_of, record_points
from shop.orders.events import OrderCancelled, OrderPaid


@subscriber(OrderPaid, OrderCancelled, name="loyalty.award_points")
def award_points(event: OrderPaid | OrderCancelled, context: Context) -> None:
    """Twice is once: the entry and its delivery are one transaction, and an event has one entry at most."""
    if isinstance(event, OrderPaid):
        points, reason = points_of(event.amount), "paid"
    else:
        before = event.cancelled_total - event.amount
        points, reason = -points_lost(event.total, before, event.cancelled_total), "cancelled"
    record_points(
        customer_id=event.customer_id,
        event_id=context.event_id,
        points=points,
        reason=reason,
        order_number=event.number,
    )
