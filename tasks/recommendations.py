"""What is bought together."""

from events.api import subscriber
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.recommendations.operations import count_pairs


@subscriber(OrderPlaced, OrderCancelled, OrderReturned, name="recommendations.count_pairs")
def count(event: OrderPlaced | OrderCancelled | OrderReturned) -> None:
    """Twice is once: the addition and its delivery are one transaction. Only one event of an order says `whole`."""
    if isinstance(event, OrderPlaced):
        count_pairs(event.order_id, 1)
    elif event.whole:
        count_pairs(event.order_id, -1)
