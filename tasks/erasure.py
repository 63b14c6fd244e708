"""Whoever was erased in the log is cleared from the shop."""

from celery import shared_task
from django.utils import timezone

from events.api import PersonErased, forget_words, subscriber
from shop.billing.keeping import forget_parties
from shop.customers.models import Customer
from shop.erasure.clearing import clear_customer
from shop.erasure.operations import customer_named


@subscriber(PersonErased, name="erasure.clear_shop", max_retries=10)
def clear_shop(event: PersonErased) -> None:
    """Twice is once: what is cleared stays so. The CRM is told by what follows, customer.changed.

    What failed deliveries say goes last: those of the customer's things too, and what came to be since the erasure.
    """
    customer_id = customer_named(event.person)
    if customer_id is None or not Customer.objects.filter(pk=customer_id).exists():
        return
    streams = clear_customer(customer_id, now=timezone.now())
    forget_words(event.person, streams)


@shared_task(name="tasks.erasure.forget_old_papers", ignore_result=True)
def forget_old_papers() -> int:
    """Every day: the names on papers that the law does not want kept any longer. Twice is once."""
    return forget_parties(timezone.now())
