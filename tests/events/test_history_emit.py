"""emit with an expected version: of those who decided on the same state, one writes."""

import pickle
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from events.api import Event, StreamConflict, acting_as, emit, emit_many
from events.models import Event as LoggedRow
from tests.events.jars import declare_jars
from tests.flows.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def versions(stream: str = "jar-1") -> list[int]:
    found = LoggedRow.objects.filter(stream=stream).order_by("stream_version")
    return list(found.values_list("stream_version", flat=True))


def test_an_event_is_emitted_when_the_stream_has_as_many_as_expected() -> None:
    jars = declare_jars()
    for expected in range(3):
        with transaction.atomic():
            logged = emit(jars.filled(jar_id=1, coins=1), expected_version=expected)
        assert logged.stream_version == expected + 1
    assert versions() == [1, 2, 3]


@pytest.mark.parametrize("expected", [0, 1, 3, 7, -1])
def test_a_conflict_names_the_stream_both_versions_and_what_to_do(expected: int) -> None:
    jars = declare_jars()
    jars.fill(1, 5, 5)
    message = rf"jar\.filled was to follow event {expected} of the stream jar-1, which has 2:.*read the state again"
    with pytest.raises(StreamConflict, match=message) as conflict, transaction.atomic():
        emit(jars.filled(jar_id=1, coins=1), expected_version=expected)
    assert (conflict.value.stream, conflict.value.expected_version, conflict.value.found_version) == (
        "jar-1",
        expected,
        2,
    )
    assert str(pickle.loads(pickle.dumps(conflict.value))) == str(conflict.value)
    assert versions() == [1, 2]


def test_after_a_conflict_the_transaction_can_go_on() -> None:
    jars = declare_jars()
    jars.fill(1, 5)
    with transaction.atomic():
        with pytest.raises(StreamConflict):
            emit(jars.filled(jar_id=1, coins=1), expected_version=0)
        assert emit(jars.emptied(jar_id=1), expected_version=1).stream_version == 2
    assert versions() == [1, 2]


def test_with_an_expectation_emit_is_still_one_statement(django_assert_num_queries: Callable) -> None:
    jars = declare_jars()
    with transaction.atomic(), django_assert_num_queries(1):
        emit(jars.filled(jar_id=1, coins=1), expected_version=0)


def test_of_many_events_with_expectations_all_are_emitted_or_none() -> None:
    jars = declare_jars()
    jars.fill(2, 5)
    three: list[Event] = [jars.filled(jar_id=number, coins=1) for number in (1, 2, 3)]
    with transaction.atomic():
        with pytest.raises(StreamConflict, match="jar-2, which has 1"):
            emit_many(three, [None, 0, None])
        assert LoggedRow.objects.count() == 1
        assert [one.stream_version for one in emit_many(three, [0, 1, None])] == [1, 2, 1]
    with transaction.atomic(), pytest.raises(ValueError, match="shorter"):
        emit_many(three, [1])


def test_of_two_who_expect_the_same_exactly_one_writes() -> None:
    jars, writers, rounds = declare_jars(), 4, 15
    barrier = threading.Barrier(writers)
    results: list[tuple[int, str]] = []

    def write(who: int) -> None:
        try:
            for expected in range(rounds):
                barrier.wait(timeout=30)
                try:
                    with acting_as(f"writer:{who}"), transaction.atomic():
                        emit(jars.filled(jar_id=1, coins=who), expected_version=expected)
                    results.append((expected, "wrote"))
                except Exception as error:
                    results.append((expected, type(error).__name__))
                barrier.wait(timeout=30)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[who]) for who in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for expected in range(rounds):
        outcomes = sorted(outcome for version, outcome in results if version == expected)
        assert outcomes == ["StreamConflict"] * (writers - 1) + ["wrote"]
    assert versions() == list(range(1, rounds + 1))


@pytest.mark.parametrize("commits", [True, False])
def test_who_comes_second_waits_for_what_becomes_of_the_first(commits: bool) -> None:
    jars = declare_jars()
    jars.fill(1, 5)
    outcome: list[object] = []

    def write() -> None:
        try:
            with transaction.atomic():
                outcome.append(emit(jars.filled(jar_id=1, coins=2), expected_version=1).stream_version)
        except StreamConflict as conflict:
            outcome.append(conflict.found_version)
        finally:
            connection.close()

    with transaction.atomic():
        emit(jars.filled(jar_id=1, coins=1), expected_version=1)
        second = threading.Thread(target=write)
        second.start()
        _wait_until_it_waits()
        transaction.set_rollback(not commits)
    second.join(30)
    assert outcome == [2]
    first_or_second = LoggedRow.objects.get(stream_version=2).payload["coins"]
    assert first_or_second == (1 if commits else 2)


def test_without_an_expectation_nobody_gets_a_conflict_beside_one_who_has_one() -> None:
    jars = declare_jars()
    barrier = threading.Barrier(2)
    errors: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(15):
                barrier.wait(30)
                with transaction.atomic():
                    emit(jars.filled(jar_id=1, coins=1))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    won = 0
    for _ in range(15):
        expected = len(versions())
        barrier.wait(30)
        try:
            with transaction.atomic():
                emit(jars.emptied(jar_id=1), expected_version=expected)
            won += 1
        except StreamConflict:
            pass
    thread.join(30)
    assert not errors
    assert versions() == list(range(1, 15 + won + 1))


def _wait_until_it_waits() -> None:
    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    wait_until(waits)
