"""Suspicious orders."""

from events.api import subscriber
from shop.fraud.operations import score
from shop.orders.events import OrderPlaced


@subscriber(OrderPlaced, name="fraud.score_order")
def score_order(event: OrderPlaced) -> None:
    """Twice is once: score, hold and delivery are one transaction, and an order is scored once."""
    score(event.order_id)
