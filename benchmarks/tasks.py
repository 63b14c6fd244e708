"""The rivals' tasks: plain Celery, with late acknowledgement as the subscribers have it, and none of what the platform
adds to tasks that are no deliveries."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.db import transaction

from benchmarks import ledger


@shared_task(base=DjangoTask, acks_late=True, ignore_result=True)
def do_nothing(*args: Any) -> None:
    """For measuring how it is published."""


@shared_task(base=DjangoTask, acks_late=True, ignore_result=True)
def write_row(crate_id: int, lap: int = 0) -> None:
    """The subscriber's INSERT, in autocommit."""
    ledger.write("plain task, autocommit", crate_id, lap, datetime.now(UTC))


@shared_task(base=DjangoTask, acks_late=True, ignore_result=True)
def write_row_atomically(crate_id: int, lap: int = 0) -> None:
    """The subscriber's INSERT, in a transaction."""
    with transaction.atomic():
        ledger.write("plain task, atomic", crate_id, lap, datetime.now(UTC))
