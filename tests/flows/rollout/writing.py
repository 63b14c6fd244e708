"""What both versions do with a label."""

from django.db import connection

from events.api import Context, Event


def write(event: Event, context: Context) -> None:
    """One row for every time that a subscriber ran to its end, with the version that it met."""
    row = [f"v{event.event_version}", event.model_dump()["label_id"], context.run, context.attempt, context.event_id]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_ledger VALUES (%s, %s, %s, %s, %s)", row)
