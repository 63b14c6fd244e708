"""Driving rebuilds in the back room: the relay's duty tells a worker to go on, again and again, until the swap.

    duty ─▶ task: some seconds of work ─▶ duty …

A task that is lost, or dies with its worker, is sent again; one that comes twice finds the row locked, or nothing to
do. Without a broker the duty does the work itself.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.db import connection
from django.db.models import Q

from events.connections import database_now
from events.models import Rebuild
from events.projections import tables
from events.projections.rebuilding import carry_on
from events.transports import current_transport

logger = logging.getLogger(__name__)

#: How long a worker stays at one rebuild before it lets others have their turn, and how long the duty does.
_SLICE_SECONDS, _SLICE_OF_DUTY_SECONDS = 10.0, 1.0
#: After so long without a word from the task it is sent again.
_LOST_AFTER_SECONDS = 120.0

_LEFT = """
SELECT nspname FROM pg_namespace WHERE nspname ~ '^backroom_rebuild_[0-9]+$' AND NOT EXISTS (
    SELECT FROM events_rebuild WHERE state = 'running' AND 'backroom_rebuild_' || id = nspname)
"""


def drive(now: datetime) -> int:
    """Have somebody go on with every rebuild that nobody is at; how many."""
    due = Rebuild.objects.filter(state=Rebuild.State.RUNNING).filter(Q(due_at=None) | Q(due_at__lte=now))
    idle = due.filter(Q(sent_at=None) | Q(sent_at__lt=now - timedelta(seconds=_LOST_AFTER_SECONDS)))
    numbers = list(idle.values_list("pk", flat=True))
    for pk in numbers:
        if current_transport().in_process:
            carry_on(pk, _SLICE_OF_DUTY_SECONDS, database_now)
        elif idle.filter(pk=pk).update(sent_at=now):
            work_at_rebuild.delay(pk)
    return len(numbers)


@shared_task(name="events.projections.rebuild", ignore_result=True)
def work_at_rebuild(pk: int) -> None:
    """Some seconds of a rebuild. Safe to run twice: each batch is applied in the transaction that counts it."""
    try:
        carry_on(pk, _SLICE_SECONDS, database_now)
    finally:
        Rebuild.objects.filter(pk=pk).update(sent_at=None)


def sweep(now: datetime) -> int:
    """Drop the tables of rebuilds that are over, should a crash have left any; how many schemas."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        left = [name for (name,) in cursor.fetchall()]
    for name in left:
        logger.warning("Dropping %s: its rebuild is over", name)
        tables.drop(name)
    return len(left)
