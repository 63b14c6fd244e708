"""The one INSERT that subscribers and rival tasks have in common."""

from datetime import UTC, datetime

from django.db import connection

_WRITE = """
INSERT INTO benchmarks_ledgerentry (writer, crate_id, lap, started_at, written_at)
VALUES (%s, %s, %s, %s, clock_timestamp())
"""


def write(writer: str, crate_id: int, lap: int, started_at: datetime | None = None) -> None:
    """Append one row."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [writer, crate_id, lap, started_at or datetime.now(UTC)])
