"""Partners are told what the customers bought whom they sent."""

from django.utils import timezone

from events.api import Context
from shop.orders.events import OrderCancelled, OrderPaid, OrderReturned
from shop.outside.subscribing import outside_subscriber
from shop.partners.operations import TakenBack, record_conversion, record_reversal, report

Change = OrderPaid | OrderCancelled | OrderReturned


@outside_subscriber(OrderPaid, OrderCancelled, OrderReturned, name="partners.report_conversion", ordered=True)
def report_conversion(event: Change, context: Context) -> None:
    """Twice is once: the ledger has one entry for an event, and the network knows the entry by the key.

    In order, so that nothing is taken back before it was given; where the conversion cannot be reported, what follows
    it waits for it.
    """
    if isinstance(event, OrderPaid):
        entry = record_conversion(event.order_id, event_id=context.event_id)
    else:
        kept = event.total - event.cancelled_total - event.returned_total
        taken_back = TakenBack(kept_before=kept + event.amount, kept_after=kept)
        entry = record_reversal(event.order_id, taken_back, event_id=context.event_id)
    if entry:
        report(entry, context.idempotency_key, now=timezone.now())
