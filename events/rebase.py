"""Rebase: after a restore into another cluster, which counts its transactions from the beginning."""

from django.db import connection, transaction

_NEWEST = "SELECT coalesce(max(xid), 0), events_current_xid(), events_xid_offset() FROM events_event"
_RAISE = (
    "CREATE OR REPLACE FUNCTION events_xid_offset() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT {offset}::bigint'"
)


def is_behind_log() -> bool:
    """Whether the log has events of transactions that this cluster has yet to reach: they would not be rescued."""
    newest, current, _ = _positions()
    return newest > current


@transaction.atomic
def rebase() -> int:
    """Have new transactions count on from the end of the log; by how much they were raised. 0 when nothing is wrong.
    Run it before anything is emitted into the restored database."""
    newest, current, offset = _positions()
    if newest <= current:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_RAISE.format(offset=offset + newest - current + 1))
    return newest - current + 1


def _positions() -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        newest, current, offset = cursor.fetchone()
    return newest, current, offset
