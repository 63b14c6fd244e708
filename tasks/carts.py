"""The clock's part in carts: those that guests have left are cleared away."""

from celery import shared_task
from django.utils import timezone

from shop.carts.operations import sweep


@shared_task(name="tasks.carts.sweep_forgotten_carts", ignore_result=True)
def sweep_forgotten_carts() -> int:
    """Every hour. Twice is once: what is gone is gone."""
    return sweep(now=timezone.now())
