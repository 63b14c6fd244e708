"""Writing something down about an order."""

from django.db import transaction

from events.api import acting_as
from shop.orders.models import Order, OrderNote


def note(order: Order, text: str, *, by: str) -> OrderNote:
    """Keep a remark of staff, for staff; in any state of the order. Emits order.noted."""
    with acting_as(by), transaction.atomic():
        return OrderNote.objects.create(order=order, text=text, by=by)
