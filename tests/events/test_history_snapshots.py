"""Snapshots make long streams quick, and never make them anything else."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, PrivateAttr
from pytest_django import Settings

from events import catalogue, prune
from events.api import Event, LoggedEvent, emit, fold, state_of
from events.connections import database_now
from events.history import fold_whole, whole_stream
from events.models import Snapshot
from tests.events.jars import JarState, declare_jars, jar_state, write_jars

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(settings: Settings) -> None:
    """A snapshot every five events."""
    settings.EVENTS = settings.EVENTS | {"snapshot_every": 5}


@pytest.fixture
def folded_count() -> Callable[[], int]:
    """The world, with a fold that counts its steps; from its call to the next one."""
    steps: list[int] = []

    def count(state: JarState | None, event: Event, logged: LoggedEvent) -> JarState | None:
        steps.append(logged.stream_version)
        return jar_state(state, event, logged)

    declare_jars(step=count)

    def since() -> int:
        number = len(steps)
        steps.clear()
        return number

    return since


def versions() -> list[int]:
    return list(Snapshot.objects.order_by("stream_version").values_list("stream_version", flat=True))


def test_a_long_stream_is_folded_from_its_last_snapshot_on(folded_count: Callable[[], int]) -> None:
    write_jars([1], 12)
    anew = state_of("jar-1")
    assert versions() == [5, 10]
    folded_count()
    assert state_of("jar-1") == anew
    assert folded_count() == 2
    assert state_of("jar-1", at=7).state.coins == 7
    assert folded_count() == 2


def test_a_snapshot_taken_after_that_version_or_that_instant_is_not_used(folded_count: Callable[[], int]) -> None:
    start = write_jars([1], 12)
    state_of("jar-1")
    folded_count()
    assert state_of("jar-1", at=4).state.coins == 4
    assert folded_count() == 4
    assert state_of("jar-1", at=start + timedelta(seconds=4)).state.coins == 4
    assert folded_count() == 4
    assert state_of("jar-1", at=start + timedelta(seconds=9)).state.coins == 9
    assert folded_count() == 4


def test_a_short_tail_takes_no_snapshot() -> None:
    declare_jars()
    write_jars([1], 4)
    state_of("jar-1")
    assert versions() == []


def worth(each: int) -> Callable[..., JarState]:
    """A fold that has the same name whatever it does."""

    def coins_state(state: JarState | None, event: Event, logged: LoggedEvent) -> JarState:
        return JarState(coins=(state.coins if state else 0) + each)

    return coins_state


def test_a_fold_of_another_version_uses_none_of_the_old_ones() -> None:
    with catalogue.scratch():
        declare_jars(version=1, step=worth(1))
        write_jars([1], 10)
        assert state_of("jar-1").state.coins == 10
    declare_jars(version=2, step=worth(100))
    assert state_of("jar-1").state.coins == 1000
    assert versions() == [5, 5, 10, 10]


def test_a_new_version_of_an_event_uses_none_of_the_old_ones() -> None:
    with catalogue.scratch():
        declare_jars()
        write_jars([1], 10)
        state_of("jar-1")

    class Filled(Event, name="jar.filled", version=2, stream="jar-{jar_id}"):
        jar_id: int

    declare_jars()
    before = {snapshot.code for snapshot in Snapshot.objects.all()}
    assert catalogue.fold_of("jar-1").code not in before


def test_a_snapshot_that_cannot_be_read_is_not_used_but_replaced(folded_count: Callable[[], int]) -> None:
    write_jars([1], 12)
    anew = state_of("jar-1")
    Snapshot.objects.update(state='{"coins": "many"}')
    assert state_of("jar-1") == anew
    folded_count()
    assert state_of("jar-1") == anew
    assert folded_count() == 2


def test_a_state_that_is_not_itself_when_read_back_gets_no_snapshot(caplog: pytest.LogCaptureFixture) -> None:
    class Forgetful(BaseModel, frozen=True):
        coins: int
        _secret: int = PrivateAttr(0)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Forgetful) and self._secret == other._secret

        __hash__ = None  # type: ignore[assignment]

    declare_jars()

    class Poured(Event, name="cup.poured", stream="cup-{cup_id}"):
        cup_id: int

    @fold("cup-{cup_id}", state=Forgetful)
    def cup_state(state: Forgetful | None, event: Event, logged: LoggedEvent) -> Forgetful:
        state = Forgetful(coins=1)
        state._secret = logged.stream_version
        return state

    for _ in range(5):
        with transaction.atomic():
            emit(Poured(cup_id=1))
    with caplog.at_level(logging.ERROR):
        assert state_of("cup-1").state._secret == 5
    assert versions() == []
    assert "is not the same when it is read back" in caplog.text


def test_a_state_comes_back_from_its_snapshot_in_the_order_in_which_it_was_written() -> None:
    class Coins(BaseModel, frozen=True):
        by_note: dict[str, int]

    declare_jars()

    @fold("jar-1", state=Coins)
    def newest_first(state: Coins | None, event: Event, logged: LoggedEvent) -> Coins:
        return Coins(by_note={event.note: logged.stream_version} | (state.by_note if state else {}))  # type: ignore[attr-defined]

    write_jars([1], 12)
    state_of("jar-1")
    assert versions() == [5, 10]
    assert list(state_of("jar-1").state.by_note) == [f"note {number}" for number in range(12, 0, -1)]


def test_what_is_not_committed_gets_into_no_snapshot() -> None:
    jars = declare_jars()
    jars.fill(1, 1, 1, 1)
    with transaction.atomic():
        for _ in range(5):
            emit(jars.filled(jar_id=1, coins=100))
        assert state_of("jar-1").state.coins == 503
        transaction.set_rollback(True)
    assert versions() == []
    assert state_of("jar-1").state.coins == 3


def test_inside_a_transaction_a_snapshot_is_taken_after_it() -> None:
    declare_jars()
    write_jars([1], 7)
    with transaction.atomic():
        state_of("jar-1")
        assert versions() == []
    assert versions() == [5]


def test_whoever_may_not_write_still_gets_the_state() -> None:
    declare_jars()
    write_jars([1], 7)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        assert state_of("jar-1").state.coins == 7


def test_snapshots_that_no_fold_reads_any_more_are_pruned_after_a_day() -> None:
    with catalogue.scratch():
        declare_jars(version=1)
        write_jars([1], 12)
        state_of("jar-1")
    declare_jars(version=2)
    state_of("jar-1")
    assert prune.prune(database_now() + timedelta(hours=23))["snapshots"] == 0
    assert prune.prune(database_now() + timedelta(hours=25))["snapshots"] == 2
    assert {snapshot.code for snapshot in Snapshot.objects.all()} == {catalogue.fold_of("jar-1").code}


_HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("filled"), st.integers(0, 99), st.text("اab😀", max_size=4)),
        st.tuples(st.just("emptied")),
        st.tuples(st.just("admired")),
        st.tuples(st.just("closed")),
    ),
    min_size=1,
    max_size=18,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=_HAPPENINGS, asked=st.lists(st.integers(0, 20), max_size=6))
def test_at_every_version_and_instant_the_state_is_the_fold_of_what_was_before(
    happenings: list[tuple], asked: list[int]
) -> None:
    """With whatever snapshots were taken by asking in between, and without any."""
    with catalogue.scratch(empty=True):
        jars = declare_jars()
        jar_id = next(_jar_ids)
        stream = f"jar-{jar_id}"
        for number, (kind, *values) in enumerate(happenings):
            fields = dict(zip(("coins", "note"), values, strict=False))
            jars.log(getattr(jars, kind)(jar_id=jar_id, **fields))
            if number in asked:
                state_of(stream)
        logged = list(whole_stream(stream))
        for _ in range(2):  # the second time on what was taken the first time
            for version in range(len(logged) + 1):
                expected = fold_whole(stream, logged[:version])
                assert state_of(stream, at=version) == expected
                if version:
                    assert state_of(stream, at=logged[version - 1].occurred_at) == expected
            state_of(stream)
        assert versions_of(stream) == [*range(5, len(logged) + 1, 5)]


_jar_ids = iter(range(1_000, 1_000_000))


def versions_of(stream: str) -> list[int]:
    found = Snapshot.objects.filter(stream=stream).order_by("stream_version")
    return list(found.values_list("stream_version", flat=True))
