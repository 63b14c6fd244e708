"""Database connections of processes that live for months, and the clock at their other end."""

import select
from datetime import datetime

from django.db import close_old_connections, connection, connections


def renew_connections() -> None:
    """Close connections that the server has closed, before they are used again.

    Django asks the server whether it is still there, a round trip before every task. A server that closed a connection
    has said so, and its farewell waits in the socket: where nothing waits, nobody needs to be asked.
    """
    close_old_connections()
    for one in connections.all(initialized_only=True):
        if one.connection is not None and not _has_news(one.connection.fileno()):
            one.health_check_done = True  # type: ignore[attr-defined]


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def database_now() -> datetime:
    """The database's clock: the only one that the times of events and deliveries can be compared with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
