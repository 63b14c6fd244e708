"""Figures: what an operator wants to know at a glance. All of them are read from the database, never counted along."""

from django.db import connection

_FIGURES = """
SELECT (SELECT coalesce(max(position), 0) FROM events_event),
       (SELECT count(*) FROM events_outbox WHERE available_at <= clock_timestamp()),
       (SELECT count(*) FROM events_delivery WHERE outcome = 'dead'),
       (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'events_delivery'::regclass)
"""
_OLDEST_DUE = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(available_at)), 0)::float
FROM events_outbox WHERE available_at <= clock_timestamp()
"""


def oldest_due_seconds() -> float:
    """For how long the oldest outbox row has been due; 0 when none is."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_DUE)
        return float(cursor.fetchone()[0])
