"""Attempts: each failed try, with its error and when the next one is due."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from events import lanes, people
from events.errors import Snooze
from events.failpoints import reach
from events.failure import Failure
from events.models import Attempt
from events.personal import ERASED
from events.subscribers import DeliveryKey

_RECORD = """
INSERT INTO events_attempt
    (position, subscriber, run, number, error_class, message, traceback, worker, failed_at, next_try_at, spent)
SELECT %(position)s, %(subscriber)s, %(run)s, 1 + coalesce(max(number), 0),
       %(error_class)s, %(message)s, %(traceback)s, %(worker)s, %(failed_at)s, %(next_try_at)s, true
FROM events_attempt WHERE position = %(position)s AND subscriber = %(subscriber)s AND run = %(run)s
HAVING %(run)s > 0 OR NOT events_is_closed(%(position)s, %(subscriber)s, 0)
ON CONFLICT DO NOTHING
"""
# Number 0, which is no try: the latest snooze takes the place of the one before.
_NOTE_SNOOZE = """
INSERT INTO events_attempt
    (position, subscriber, run, number, error_class, message, traceback, worker, failed_at, next_try_at, spent)
SELECT %(position)s, %(subscriber)s, %(run)s, 0, %(error_class)s, %(message)s, '', '', %(now)s, %(until)s, false
WHERE %(run)s > 0 OR NOT events_is_closed(%(position)s, %(subscriber)s, 0)
ON CONFLICT (position, subscriber, run, number)
DO UPDATE SET message = excluded.message, failed_at = excluded.failed_at, next_try_at = excluded.next_try_at
"""


def note_snooze(key: DeliveryKey, position: int, reason: str, until: datetime) -> None:
    """Say that a delivery waits, and why: what has been heard of a moment ago is not taken for lost. A reason about
    somebody who is erased is not kept."""
    error_class = f"{Snooze.__module__}.{Snooze.__qualname__}"
    reason = ERASED if people.is_about_erased(position) else reason
    values: dict[str, Any] = {"position": position, "subscriber": key.subscriber, "run": key.run, "until": until}
    _execute(_NOTE_SNOOZE, values | {"error_class": error_class, "message": reason, "now": timezone.now()})


def record_attempt(
    key: DeliveryKey, position: int, failure: Failure, worker: str, next_try_at: datetime | None
) -> None:
    """Append a failed try; without a next try it was the last. What it says of somebody who is erased is not kept."""
    failure = failure.without_words() if people.is_about_erased(position) else failure
    values: dict[str, Any] = {
        "position": position,
        "subscriber": key.subscriber,
        "run": key.run,
        "error_class": failure.error_class,
        "message": failure.message,
        "traceback": failure.traceback,
        "worker": worker,
        "failed_at": timezone.now(),
        "next_try_at": next_try_at,
    }
    reach("retry.before_record")
    _execute(_RECORD, values)
    reach("retry.after_record")


@transaction.atomic
def _execute(statement: str, values: dict[str, Any]) -> None:
    """A rebuild may have applied the event since the try failed: then it is settled, and no try is left of it."""
    lanes.hold_off_swap(values["subscriber"])
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def failed_count(key: DeliveryKey, position: int) -> int:
    """How many tries have failed so far, of those that count."""
    return Attempt.objects.filter(event=position, subscriber=key.subscriber, run=key.run, spent=True).count()
