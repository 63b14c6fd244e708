"""A process that is killed, or told of an error, at any point on the way of a saga leaves nothing half done.

The points are enumerated: at first the first one that a saga comes by, then the second, until one gets to its end
untouched. The messages that the dead process had are lost with it; rescue finds them in the log.
"""

import os
import signal
from collections.abc import Container, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from events import catalogue, failpoints
from events.api import Event, Reject, Saga, SagaRun, emit, sagas_of, start_saga, step
from events.connections import database_now
from events.errors import FailpointReached
from events.models import OutboxEntry, SagaStep
from events.models import Saga as SagaRow
from events.replay import Selection, advance, create_replay
from events.rescue import rescue
from events.sagas.letters import dead_letters_of
from events.subscriptions import enroll
from tests.events.postman import Postman

pytestmark = pytest.mark.django_db(transaction=True)

_STATIONS = ("saga", "deliver", "bury")
_OVER = {"completed", "compensated"}


class Countdown(dict[str, str]):
    """Failpoints of which the one that is reached as number `number` gets the order."""

    def __init__(self, number: int, order: str) -> None:
        super().__init__({"armed": "yes"})
        self.left, self.order = number, order

    def get(self, point: str, default: Any = None) -> str | None:  # type: ignore[override]
        """The order, when it is this one's turn."""
        if point.partition(".")[0] not in _STATIONS:
            return None
        self.left -= 1
        return self.order if self.left == 0 else None


@pytest.fixture
def ledger() -> Iterator[None]:
    """A table without unique keys, so that it does not lean on what it checks."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_saga_ledger (saga text, what text, effects text, idempotency_key text)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_saga_ledger")


class Packed(Event, name="parcel.packed", stream="{trip}"):
    """What a step waits for."""

    trip: str


def _write(run: SagaRun) -> dict[str, Any]:
    what = run.step if run.direction == "action" else f"undo {run.step}"
    with connection.cursor() as cursor:
        effects = "database" if connection.in_atomic_block else "external"
        row = [run.key, what, effects, run.idempotency_key]
        cursor.execute("INSERT INTO test_saga_ledger VALUES (%s, %s, %s, %s)", row)
    return {"by": what}


def _undo(run: SagaRun) -> None:
    assert run.recorded == {"by": run.step}
    _write(run)


def _declare(*, fails: bool) -> type[Saga]:
    class Shipping(Saga, name="shipping"):
        @step()
        def allocate(run: SagaRun) -> dict[str, Any]:
            return _write(run)

        allocate.compensation()(_undo)

        @step(after=("allocate",), effects="external")
        def label(run: SagaRun) -> dict[str, Any]:
            return _write(run)

        label.compensation(effects="external")(_undo)

        @step(after=("allocate",), waits_for=Packed, by="{trip}", timeout_seconds=3600)
        def pack(run: SagaRun) -> dict[str, Any]:
            return _write(run)

        pack.compensation()(_undo)

        @step(after=("label", "pack"))
        def ship(run: SagaRun) -> dict[str, Any]:
            assert set(run.results) == {"allocate", "label", "pack"}
            if fails:
                raise Reject("no van")
            return _write(run)

    return Shipping


def _declare_stuck(mended: Container[str]) -> type[Saga]:
    """Its third step fails, and its second one is undone in the runs that were mended."""

    class Parcel(Saga, name="parcel"):
        @step()
        def pack(run: SagaRun) -> dict[str, Any]:
            return _write(run)

        pack.compensation()(_undo)

        @step(effects="external")
        def label(run: SagaRun) -> dict[str, Any]:
            return _write(run)

        @label.compensation(effects="external")
        def void(run: SagaRun) -> None:
            if run.key not in mended:
                raise Reject("the carrier is closed")
            _undo(run)

        @step()
        def ship(run: SagaRun) -> None:
            raise Reject("no van")

    return Parcel


@pytest.mark.parametrize("order", ["kill", "raise"])
@pytest.mark.parametrize("fails", [False, True], ids=["forward", "back"])
def test_a_saga_that_is_broken_off_anywhere_comes_to_its_end_with_every_effect_once(
    postman: Postman, ledger: None, order: str, fails: bool
) -> None:
    catalogue.add_event_type(Packed)
    saga, number, is_struck = _declare(fails=fails), 0, True
    enroll()
    while is_struck:
        number += 1
        key = f"trip-{number}"
        with transaction.atomic():
            start_saga(saga, key=key)
            emit(Packed(trip=key))
        is_struck = _killed(postman, number) if order == "kill" else _told(postman, number)
        _come_to_an_end(postman, key, number)
        actions = {("allocate", "database"), ("label", "external"), ("pack", "database")}
        undone = {(f"undo {what}", effects) for what, effects in actions}
        _check(key, actions | (undone if fails else {("ship", "database")}))
        assert sagas_of(key)[0].state == ("compensated" if fails else "completed")
    assert number > 30
    assert not OutboxEntry.objects.exists()
    assert not SagaStep.objects.filter(state__in=["due", "waiting"]).exists()


@pytest.mark.parametrize("order", ["kill", "raise"])
def test_a_compensation_that_is_replayed_and_broken_off_anywhere_has_its_saga_go_on(
    postman: Postman, ledger: None, order: str
) -> None:
    mended: set[str] = set()
    saga, number, is_struck = _declare_stuck(mended), 0, True
    expected = {("pack", "database"), ("label", "external"), ("undo label", "external"), ("undo pack", "database")}
    enroll()
    while is_struck:
        number += 1
        key = f"trip-{number}"
        with transaction.atomic():
            start_saga(saga, key=key)
        postman.deliver_all()
        assert sagas_of(key)[0].state == "failed"
        (letter,) = dead_letters_of(SagaRow.objects.get(key=key))
        mended.add(key)
        selection = Selection(delivery_ids=(letter.pk,))
        create_replay(selection, name="again", reason="mended", owner="tests", now=database_now())
        is_struck = _killed(postman, number) if order == "kill" else _told(postman, number)
        _come_to_an_end(postman, key, number)
        _check(key, expected)
        assert sagas_of(key)[0].state == "compensated"
    assert number > 10
    assert not OutboxEntry.objects.exists()


def _killed(postman: Postman, number: int) -> bool:
    """Have another process deliver, and die at that point; whether it got there."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            connections["default"].connection = None  # the parent's
            failpoints._armed = Countdown(number, "kill")
            postman.deliver_all()
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _told(postman: Postman, number: int) -> bool:
    countdown = Countdown(number, "raise")
    failpoints._armed = countdown
    try:
        for _ in range(2):  # a relay that is told of an error goes on
            with suppress(FailpointReached):
                postman.deliver_all()
    finally:
        failpoints._armed = {}
    return countdown.left <= 0


def _come_to_an_end(postman: Postman, key: str, number: int) -> None:
    for turn in range(20):
        postman.deliver_all()
        if sagas_of(key)[0].state in _OVER and not OutboxEntry.objects.exists():
            return
        now = database_now() + timedelta(hours=100 * number + turn)
        rescue(now)
        advance(now)
    raise AssertionError(sagas_of(key))


def _check(key: str, expected: set[tuple[str, str]]) -> None:
    """Each of these was done: once, or outside again with the same key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT what, effects, count(*), count(DISTINCT idempotency_key) FROM test_saga_ledger WHERE saga = %s"
            " GROUP BY what, effects",
            [key],
        )
        found = cursor.fetchall()
    assert {(what, effects) for what, effects, _, _ in found} == expected
    assert all(keys == 1 and (count == 1 or effects == "external") for _, effects, count, keys in found)
