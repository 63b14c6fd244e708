"""Tasks that are no deliveries, for workers that are started with `-I tests.flows.chores`."""

import os
import signal
import time
from contextlib import suppress
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection


def note(name: str, number: int, attempt: int = 1) -> None:
    """A row in the ledger for each time that a task ran."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_ledger VALUES (%s, %s, 0, %s, NULL)", [name, number, attempt])


@shared_task(name="chores.sweep")
def sweep(number: int, seconds: float = 0) -> None:
    """Leaves a row, and takes its time."""
    note("chores.sweep", number)
    time.sleep(seconds)


@shared_task(name="chores.hang", soft_time_limit=1, time_limit=2)
def hang(number: int) -> None:
    """Leaves a row, and does not listen to the soft time limit."""
    note("chores.hang", number)
    with suppress(SoftTimeLimitExceeded):
        time.sleep(60)
    time.sleep(60)


@shared_task(name="chores.stumble", bind=True, default_retry_delay=0)
def stumble(self: Any, number: int) -> None:
    """Leaves a row, and is tried again once."""
    note("chores.stumble", number, self.request.retries + 1)
    if not self.request.retries:
        raise self.retry(countdown=0)


@shared_task(name="chores.perish")
def perish(number: int, path: str) -> None:
    """The first process that runs it takes its whole worker along."""
    note("chores.perish", number)
    if not os.path.exists(path):
        with open(path, "w"):
            os.killpg(os.getpgid(0), signal.SIGKILL)
