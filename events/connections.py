"""Database connections of processes that live for months."""

import select

from django.db import close_old_connections, connections


def renew_connections() -> None:
    """Close connections that the server has closed, before they are used again.

    Django asks the server whether it is still there, a round trip before every task. A server that closed a connection
    has said so, and its farewell waits in the socket: where nothing waits, nobody needs to be asked.
    """
    close_old_connections()
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not _has_news(connection.connection.fileno()):
            connection.health_check_done = True  # type: ignore[attr-defined]


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
