"""The warehouse follows the order, and the order follows the warehouse. The fulfilment (tasks/fulfilment.py) has
something sent; here is what changes while it is under way."""

from typing import get_args

from django.utils import timezone

from events.api import Context, Snooze, subscriber
from shop.errors import CannotAdvance
from shop.orders.events import OrderCancellationRefused, OrderCancelled, OrderHeld, OrderReleased, OrderShipped
from shop.outside.subscribing import outside_subscriber
from shop.warehouse.events import ShipmentReported
from shop.warehouse.operations import arrange_shipment
from shop.warehouse.reports import advance_order as advance

Change = OrderHeld | OrderReleased | OrderCancelled | OrderCancellationRefused | OrderShipped


@outside_subscriber(*get_args(Change), name="warehouse.arrange_shipment")
def arrange(event: Change, context: Context) -> None:
    """Twice is once: what the warehouse was asked already is not asked again, and where its answer was lost it is asked
    with the shipment's own key, by which it knows it for the same. (The event's key would not do: two events of one
    order may want the same shipment.)"""
    arrange_shipment(event.order_id, now=timezone.now())


@subscriber(ShipmentReported, OrderReleased, name="warehouse.advance_order")
def advance_order(event: ShipmentReported | OrderReleased) -> None:
    """Twice is once: an order that is there already stays there."""
    try:
        advance(event.order_id)
    except CannotAdvance as not_now:  # a payment is being captured or a cancellation refunded, which ends by itself
        raise Snooze(60, str(not_now)) from not_now
