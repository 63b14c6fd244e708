"""The sales team hears of what it wants to know."""

from celery import shared_task
from django.utils import timezone
from djmoney.money import Money

from events.api import Context, acting_as
from shop.orders.events import OrderPlaced, OrderReturned
from shop.outside.subscribing import outside_subscriber
from shop.sales.events import SalesDayEnded
from shop.sales.models import SalesNote
from shop.sales.operations import end_day as end
from shop.sales.operations import note_order, note_return, send
from shop.sales.texts import Given


@outside_subscriber(OrderPlaced, OrderReturned, name="sales.tell_team")
def tell_team(event: OrderPlaced | OrderReturned, context: Context) -> None:
    """Twice is once: an event has one note, and the chat knows it by the key."""
    if isinstance(event, OrderPlaced):
        note = note_order(event.order_id, event_id=context.event_id)
    else:
        given = Given(Money(event.amount, event.currency), event.unit_count)
        note = note_return(event.order_id, given, event_id=context.event_id)
    if note:
        send(note, context.idempotency_key, now=timezone.now())


@outside_subscriber(SalesDayEnded, name="sales.send_digest")
def send_digest(event: SalesDayEnded, context: Context) -> None:
    """Twice is once: the chat knows the note by the key."""
    send(SalesNote.objects.get(pk=event.note_id), context.idempotency_key, now=timezone.now())


@shared_task(name="tasks.sales.end_day", ignore_result=True)
def end_day() -> bool:
    """Every ten minutes; the first time after the digest's hour it ends the day before. Running it twice, even at once,
    is safe: a day has one note."""
    with acting_as("system:sales.end_day"):
        return end(timezone.now())
