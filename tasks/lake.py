"""Files for a data warehouse."""

from datetime import UTC

from celery import shared_task
from django.utils import timezone

from events.api import Context, subscriber
from shop.lake.operations import ask_for, days_of, export_due
from shop.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPacked,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
    OrderShipped,
)

#: Below CELERY_TASK_SOFT_TIME_LIMIT, by more than one day takes.
BUDGET_SECONDS = 30


@subscriber(
    OrderPlaced,
    OrderPaid,
    OrderPacked,
    OrderShipped,
    OrderDelivered,
    OrderCancelled,
    OrderReturned,
    name="lake.ask_for_days",
)
def ask_for_days(event: OrderPlaced, context: Context) -> None:
    """Twice is one export more at most. Today is exported anyway when it is over, so only what comes late asks."""
    today = timezone.now().astimezone(UTC).date()
    ask_for(day for day in days_of(event.order_id) if day < today)


@shared_task(name="tasks.lake.export_due_days", ignore_result=True)
def export_due_days() -> int:
    """Every ten minutes. Running it twice, even at once, is safe: export_due is."""
    return len(export_due(timezone.now(), budget_seconds=BUDGET_SECONDS))
