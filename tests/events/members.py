"""Members who join clubs: events with personal fields for tests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

from events.api import Event, LoggedEvent, Personal, emit

MAIL, NAME = "ann.example@example.com", "Ann Ünlü-عنّ"


def declare_joined() -> type[Event]:
    """`person` is the member, not the club of the stream."""

    class Joined(Event, name="member.joined", stream="club-{club_id}", person="member-{member_id}"):
        """Somebody joined a club."""

        club_id: int
        member_id: int
        email: Personal[str]
        nickname: Personal[str | None] = None

    return Joined


def log(event: Event) -> LoggedEvent:
    """In a transaction of its own."""
    with transaction.atomic():
        return emit(event)


def mail_in(logged: LoggedEvent) -> Any:
    """The address as whoever reads the event gets it."""
    return logged.typed().email  # type: ignore[attr-defined]


def in_another_process(do: Callable[[], object]) -> None:
    """As another process does it: on a connection of its own."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as one:
        one.submit(run).result(30)
