"""Sales figures."""

from datetime import UTC, date

from events.api import Context, subscriber
from shop.analytics.operations import add_cancellation, add_order, add_return
from shop.analytics.products import add_products, add_reversals
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.orders.models import Order


@subscriber(OrderPlaced, OrderCancelled, OrderReturned, name="analytics.record_sales")
def record_sales(event: OrderPlaced | OrderCancelled | OrderReturned, context: Context) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    day = _day(context)
    if isinstance(event, OrderPlaced):
        add_order(day, Order.objects.get(pk=event.order_id))
    elif isinstance(event, OrderCancelled):
        add_cancellation(day, event.currency, event.amount, event.unit_count)
    else:
        add_return(day, event.currency, event.amount, event.unit_count)


@subscriber(OrderPlaced, OrderCancelled, OrderReturned, name="analytics.record_product_sales")
def record_product_sales(event: OrderPlaced | OrderCancelled | OrderReturned, context: Context) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    if isinstance(event, OrderPlaced):
        add_products(_day(context), event.order_id)
    else:
        add_reversals(_day(context), event.order_id)


def _day(context: Context) -> date:
    return context.occurred_at.astimezone(UTC).date()
