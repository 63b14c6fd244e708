"""The audit trail."""

from celery import shared_task
from django.utils import timezone

from events.api import Context, Event, subscriber
from shop.audit.operations import record_entry as record
from shop.audit.operations import seal


@subscriber(Event, name="audit.record_entry", max_retries=10)
def record_entry(event: Event, context: Context) -> None:
    """Twice is once: the entry and its delivery are one transaction, and an event has one entry at most. What the event
    says of people is not written down: nothing in the trail can ever be erased."""
    record(
        event_id=context.event_id,
        name=context.name,
        stream=context.stream,
        actor=context.actor,
        correlation_id=context.correlation_id,
        payload=event.impersonal(),
        occurred_at=context.occurred_at,
    )


@shared_task(name="tasks.audit.seal_trail", ignore_result=True)
def seal_trail() -> None:
    """Every five minutes. Running it twice is safe: an end is sealed once."""
    seal(timezone.now())
