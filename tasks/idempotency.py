"""The clock's part in requests that may be sent again: old answers are forgotten."""

from celery import shared_task
from django.utils import timezone

from shop.idempotency.operations import sweep


@shared_task(name="tasks.idempotency.sweep_recorded_requests", ignore_result=True)
def sweep_recorded_requests() -> int:
    """Every hour. Twice is once: what is gone is gone."""
    return sweep(now=timezone.now())
