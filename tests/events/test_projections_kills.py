"""A process that is killed at any point of a rebuild leaves the live read model alone, and anybody goes on from there.

The points are enumerated: at first the process dies before the first statement that writes, or at the first place that
is named, then at the second, until one gets to its end untouched.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from events import failpoints
from events.models import Delivery, OutboxEntry, Rebuild
from events.projections import rebuilding
from events.projections.driving import sweep
from events.rescue import rescue
from tests.events.meters import Meters, meters, schemas
from tests.events.postman import Postman
from tests.events.rebuilds import go_on, spoil, start
from tests.events.test_rescue import later

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)

_WRITES = ("INSERT", "UPDATE", "CREATE", "ALTER", "DROP", "LOCK", "VACUUM", "SET", "WITH")


class Countdown(dict[str, str]):
    """Of the statements that write, and the places on the way, the one that comes as number `number` is the last."""

    def __init__(self, number: int) -> None:
        super().__init__({"armed": "yes"})
        self.left = number

    def get(self, point: str, default: Any = None) -> str | None:  # type: ignore[override]
        """For a place."""
        return self._struck() if point.startswith("rebuild.") else None

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """For a statement."""
        if sql.lstrip().startswith(_WRITES) and self._struck():
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, *rest)

    def _struck(self) -> str | None:
        self.left -= 1
        return "kill" if self.left == 0 else None


def killed(work: Callable[[], object], number: int) -> bool:
    """Have another process do the work, and die at that point; whether it got there."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            connections["default"].connection = None  # the parent's
            failpoints._armed = countdown = Countdown(number)
            with connection.execute_wrapper(countdown):
                work()
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_a_rebuild_that_is_killed_anywhere_has_not_touched_the_live_rows_and_goes_on(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event is delivered, two are on their way, and another one comes while the process lies dead."""
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 2)
    monkeypatch.setattr(rebuilding, "SWAP_AFTER_COUNT", 2)
    number, is_struck, states = 0, True, set()
    while is_struck:
        number += 1
        begin_anew()
        meters.emit(5)
        postman.deliver_all()
        meters.emit(7, 11)
        messages = postman.collect()
        spoil()
        rebuild = start()
        is_struck = killed(lambda: go_on(rebuild), number)  # noqa: B023
        rebuild.refresh_from_db()
        states.add((rebuild.state, rebuild.pass_number, rebuild.applied_count))
        is_swapped = rebuild.state == Rebuild.State.FINISHED
        assert meters.live() == ({1: (23, " 1 2 3")} if is_swapped else {1: (999, " 1")})
        meters.emit(3, meter=2)
        assert go_on(rebuild).state == Rebuild.State.FINISHED
        assert schemas() == []
        postman.deliver(*messages)
        settle_all(postman)
        assert meters.live() == meters.straight() == {1: (23, " 1 2 3"), 2: (3, " 1")}
    assert number > 30
    assert len(states) >= 6


def begin_anew() -> None:
    """With an empty log and an empty read model."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE events_event, events_outbox, events_delivery, events_attempt, events_rebuild, meters_meter, "
            "meters_reading"
        )


def settle_all(postman: Postman) -> None:
    """All that was sent is done, and nothing is held to be lost."""
    postman.deliver_all()
    assert not rescue(later())
    assert not OutboxEntry.objects.exists()
    assert not Delivery.objects.exclude(outcome="done").exists()


def test_a_rebuild_that_is_killed_while_it_is_started_was_never_started(meters: Meters) -> None:
    meters.emit(5)
    number = 1
    while killed(start, number):
        assert not Rebuild.objects.exists()
        assert schemas() == []
        number += 1
    assert number > 5
    assert go_on(Rebuild.objects.get()).state == Rebuild.State.FINISHED
    assert meters.live() == meters.straight()


def test_what_a_killed_process_leaves_of_a_rebuild_that_is_over_is_swept_away(meters: Meters) -> None:
    """Nothing, as long as rows and tables go in one transaction; and what is being filled is not swept."""
    meters.emit(5)
    rebuild = start()
    number = 1
    while killed(lambda: rebuilding.cancel_rebuild(rebuild.pk, reason="no", now=timezone.now()), number):
        rebuild.refresh_from_db()
        assert (rebuild.state, schemas()) == (Rebuild.State.RUNNING, [rebuild.schema])
        assert sweep(timezone.now()) == 0
        number += 1
    assert number > 2
    assert schemas() == []
