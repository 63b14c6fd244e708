"""Taking and forgetting snapshots exclude each other, and those who ask at once do not."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from events import snapshots
from events.api import forget_snapshots, state_of
from events.errors import ForgottenOutsideTransaction
from events.models import Snapshot
from tests.events.jars import declare_jars, write_jars
from tests.flows.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(settings: Settings) -> None:
    """A snapshot every five events."""
    settings.EVENTS = settings.EVENTS | {"snapshot_every": 5}


def versions() -> list[int]:
    return list(Snapshot.objects.order_by("stream_version").values_list("stream_version", flat=True))


def test_forgotten_snapshots_are_gone_and_the_others_are_not() -> None:
    declare_jars()
    write_jars([1, 2], 7)
    for stream in ("jar-1", "jar-2"):
        state_of(stream)
    with transaction.atomic():
        assert forget_snapshots(["jar-1", "jar-7"]) == 1
    assert list(Snapshot.objects.values_list("stream", flat=True)) == ["jar-2"]
    with pytest.raises(ForgottenOutsideTransaction, match="atomic"):
        forget_snapshots(["jar-2"])


def test_nobody_takes_a_snapshot_while_others_are_being_forgotten() -> None:
    """Such as of what personal fields said a moment before their key was destroyed."""
    declare_jars()
    write_jars([1], 7)
    with transaction.atomic():
        forget_snapshots(["jar-1"])
        _elsewhere(lambda: state_of("jar-1"))
    assert versions() == []
    state_of("jar-1")
    assert versions() == [5]


def test_forgetting_waits_for_who_is_just_taking_one(monkeypatch: pytest.MonkeyPatch) -> None:
    declare_jars()
    write_jars([1], 7)
    keeps, may_go_on = threading.Event(), threading.Event()
    keep = snapshots.keep

    def keep_slowly(*arguments: object) -> None:
        keeps.set()
        assert may_go_on.wait(30)
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshots, "keep", keep_slowly)
    reader = threading.Thread(target=_in_its_connection(lambda: state_of("jar-1")))
    reader.start()
    assert keeps.wait(30)
    forgetter = threading.Thread(target=_in_its_connection(_forget))
    forgetter.start()
    _wait_until_somebody_waits_for_a_lock()
    may_go_on.set()
    reader.join(30)
    forgetter.join(30)
    assert versions() == []


@transaction.atomic
def _forget() -> None:
    forget_snapshots(["jar-1"])


def test_many_who_ask_at_once_take_each_snapshot_once() -> None:
    declare_jars()
    write_jars([1], 23)
    barrier = threading.Barrier(4)
    states: list[int] = []

    def ask() -> None:
        barrier.wait(30)
        states.append(state_of("jar-1").state.coins)

    threads = [threading.Thread(target=_in_its_connection(ask)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert states == [23] * 4
    assert versions() == [5, 10, 15, 20]


def _elsewhere(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=_in_its_connection(work))
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def _in_its_connection(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run


def _wait_until_somebody_waits_for_a_lock() -> None:
    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            return bool(cursor.fetchone()[0])

    wait_until(waits)
