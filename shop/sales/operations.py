"""Writing notes for the sales team, and sending them to its chat."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from events.api import emit
from shop.orders.models import Order
from shop.outside.client import Service
from shop.outside.records import noting
from shop.sales.events import SalesDayEnded
from shop.sales.models import SalesNote
from shop.sales.texts import Given, digest_text, order_text, return_text

CHAT = Service("chat", "CHAT_URL")
Kind = SalesNote.Kind


def note_order(order_id: int, *, event_id: UUID) -> SalesNote | None:
    """A note of an order that is large, or its customer's first; None for any other. Twice is once."""
    order = Order.objects.select_related("customer").get(pk=order_id)
    is_large = order.total.amount >= settings.SALES_LARGE_ORDER_AMOUNT
    earlier = Order.objects.filter(customer=order.customer, placed_at__isnull=False, pk__lt=order.pk)
    is_first = not earlier.exists()
    if not (is_large or is_first):
        return None
    with override(settings.SALES_LANGUAGE):
        text = order_text(order, is_large=is_large, is_first=is_first)
    return _note(f"event-{event_id}", kind=Kind.ORDER, order=order, text=text)


def note_return(order_id: int, given: Given, *, event_id: UUID) -> SalesNote:
    """A note of pieces that came back. Twice is once."""
    order = Order.objects.select_related("customer").get(pk=order_id)
    with override(settings.SALES_LANGUAGE):
        text = return_text(order, given)
    return _note(f"event-{event_id}", kind=Kind.RETURN, order=order, text=text)


def end_day(now: datetime) -> bool:
    """Note the figures of yesterday and emit sales.day_ended, once a day; whether this call did. `now` is in UTC."""
    if now.hour < settings.SALES_DIGEST_HOUR:
        return False
    day = now.date() - timedelta(days=1)
    if SalesNote.objects.filter(key=f"digest-{day}").exists():
        return False
    with override(settings.SALES_LANGUAGE):
        text = digest_text(day)
    with transaction.atomic():
        note, is_new = SalesNote.objects.get_or_create(
            key=f"digest-{day}", defaults={"kind": Kind.DIGEST, "text": text}
        )
        if is_new:
            emit(SalesDayEnded(day=day, note_id=note.pk))
    return is_new


def send(note: SalesNote, key: str, *, now: datetime) -> None:
    """Post the note in the chat, once for each key; one whose customer was erased says nothing. Raises OutsideError."""
    if not CHAT.is_connected or not note.text:
        return
    with noting(note, now):
        CHAT.call("POST", "/messages", {"channel": settings.SALES_CHANNEL, "text": note.text}, key=key)
    SalesNote.objects.filter(pk=note.pk).update(sent_at=now)


def _note(key: str, **values: object) -> SalesNote:
    note, _new = SalesNote.objects.get_or_create(key=key, defaults=values)
    return note
