"""The clock's part in orders: what was left half done is ended."""

from celery import shared_task
from django.utils import timezone

from events.api import acting_as
from shop.orders.operations import settle_abandoned

#: Below CELERY_TASK_SOFT_TIME_LIMIT, by more than one answer of the provider takes.
BUDGET_SECONDS = 40


@shared_task(name="tasks.orders.settle_abandoned_orders", ignore_result=True)
def settle_abandoned_orders() -> dict[str, int]:
    """Every minute. Running it twice, even at once, is safe: settle_abandoned is."""
    with acting_as("system:orders.settle_abandoned"):
        return dict(settle_abandoned(now=timezone.now(), budget_seconds=BUDGET_SECONDS))
