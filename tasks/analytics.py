"""Sales figures."""

from datetime import UTC

from events.api import Context, subscriber
from shop.analytics.operations import add_cancellation, add_order
from shop.orders.events import OrderCancelled, OrderPlaced


@subscriber(OrderPlaced, OrderCancelled, name="analytics.record_sales")
def record_sales(event: OrderPlaced | OrderCancelled, context: Context) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    day = context.occurred_at.astimezone(UTC).date()
    if isinstance(event, OrderPlaced):
        add_order(day, event.currency, event.total, event.unit_count)
    else:
        add_cancellation(day, event.currency, event.amount, event.unit_count)
