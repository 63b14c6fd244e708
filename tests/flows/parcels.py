"""Events and subscribers that real workers load in the tests of the flow: a parcel is sent, and things happen.

The ledger has no unique keys, so that it does not lean on what it checks.
"""

import os
import signal
import time
from contextlib import suppress

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from events.api import Context, Event, Reject, subscriber

CREATE_LEDGER = """
CREATE TABLE IF NOT EXISTS test_ledger (subscriber text, parcel_id int, run int, attempt int, event_id uuid)
"""


class ParcelSent(Event, name="parcel.sent", version=1, stream="parcel-{parcel_id}"):
    """A parcel was sent. `trouble` says what the troubled subscriber is to do about it."""

    parcel_id: int
    trouble: str = ""


def write(event: ParcelSent, context: Context) -> None:
    """One row for every time that a subscriber ran to its end."""
    row = [context.subscriber, event.parcel_id, context.run, context.attempt, context.event_id]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_ledger VALUES (%s, %s, %s, %s, %s)", row)


@subscriber(ParcelSent, name="parcels.count", max_retries=2)
def count(event: ParcelSent, context: Context) -> None:
    """Writes a row in the delivery's own transaction."""
    write(event, context)


@subscriber(ParcelSent, name="parcels.call", effects="external", queue="calls")
def call(event: ParcelSent, context: Context) -> None:
    """Writes a row outside a transaction, from a queue of its own."""
    write(event, context)


@subscriber(ParcelSent, name="parcels.trouble", max_retries=2, backoff_seconds=1, backoff_cap_seconds=1)
def trouble(event: ParcelSent, context: Context) -> None:
    """Writes a row, and then fails as the event says."""
    write(event, context)
    match event.trouble:
        case "fail":
            raise ValueError(f"parcel {event.parcel_id} is torn\0 open\udcff")
        case "fail once" if context.attempt == 1:
            raise ValueError("torn, but only once")
        case "fail in run 0" if context.run == 0:
            raise ValueError("torn in run 0")
        case "reject":
            raise Reject("no such address")
        case "eat memory":
            raise MemoryError
        case "exit":
            raise SystemExit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)


@subscriber(
    ParcelSent,
    name="parcels.slow",
    max_retries=2,
    backoff_seconds=1,
    backoff_cap_seconds=1,
    soft_time_limit_seconds=2,
    time_limit_seconds=3,
)
def slow(event: ParcelSent, context: Context) -> None:
    """Writes a row, and then takes its time as the event says."""
    write(event, context)
    match event.trouble:
        case "take a second":
            time.sleep(1)
        case "be slow":
            time.sleep(60)
        case "hang":
            with suppress(SoftTimeLimitExceeded):
                time.sleep(60)
            time.sleep(60)
