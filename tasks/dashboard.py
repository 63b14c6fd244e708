"""Figures for the staff."""

from django.utils import timezone

from events.api import Event, subscriber
from shop.dashboard.operations import refresh
from shop.orders.events import OrderCancelled, OrderHeld, OrderPlaced, OrderReleased, OrderReturned, OrderShipped


@subscriber(
    OrderPlaced, OrderShipped, OrderCancelled, OrderReturned, OrderHeld, OrderReleased, name="dashboard.refresh"
)
def refresh_dashboard(event: Event) -> None:
    """Twice is once: the figures are computed from what the database says now."""
    refresh(timezone.now())
