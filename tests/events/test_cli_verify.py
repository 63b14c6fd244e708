"""`events verify` finds every row that is not what its events add up to, and no other."""

import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from events import catalogue, verifying
from events.api import state_of, verifies
from events.models import Snapshot
from tests.events.jars import Jars, JarState, declare_jars, write_jars
from tests.events.terminal import command

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jars() -> Jars:
    """Three jars that say what their events say."""
    jars = declare_jars()
    jars.fill(1, 3, 4)
    jars.fill(2, 5)
    jars.log(jars.filled(jar_id=10, coins=1), jars.emptied(jar_id=10))
    jars.rows |= {"jar-1": {"coins": 7}, "jar-2": {"coins": 5, "notes": ("",)}, "jar-10": {"coins": 0}}
    return jars


def test_rows_that_say_what_their_events_add_up_to_are_fine(jars: Jars) -> None:
    verified = command("verify", "--json")
    assert verified.code == 0
    assert verified.json == {"streams": {"jar-": 3}, "events": 5, "different": 0, "differences": []}
    assert "3 streams of 5 events folded: all are as their rows say." in verified.err
    assert command("verify").out == ""


def test_differences_are_shown_field_by_field(jars: Jars) -> None:
    jars.rows["jar-1"] = {"coins": 8, "notes": ("", ""), "closed_at": "today"}
    jars.rows["jar-10"]["coins"] = 1
    verified = command("verify")
    assert verified.code == 2
    assert verified.out.splitlines() == [
        "jar-1 v2  coins: the events say 7, the row says 8",
        "jar-1 v2  closed_at: the events say None, the row says 'today'",
        "jar-10 v2  coins: the events say 0, the row says 1",
    ]
    assert "2 of them are not as their rows say" in verified.err
    first = {"stream": "jar-1", "stream_version": 2, "field": "coins", "folded": 7, "row": 8, "says": ""}
    assert command("verify", "--json").json["differences"][0] == first


def test_only_so_many_differences_are_shown_and_all_are_counted(jars: Jars) -> None:
    for row in jars.rows.values():
        row["coins"] = 1_000
    verified = command("verify", "--json", "--limit", 1)
    assert (verified.json["different"], len(verified.json["differences"])) == (3, 1)


def test_a_stream_without_a_row_and_a_row_without_a_stream_are_differences(jars: Jars) -> None:
    del jars.rows["jar-2"]
    jars.rows["jar-3"] = {"coins": 0}
    verified = command("verify")
    assert verified.code == 2
    assert verified.out.splitlines() == ["jar-2 v1  has events, but no row", "jar-3 v0  has a row, but no events"]


def test_a_stream_that_cannot_be_folded_is_a_difference_and_keeps_no_other_from_it(jars: Jars) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent) VALUES (gen_random_uuid(), 'jar-11', 1, 'jar.broken', 1, '{}', gen_random_uuid(), '', ''),"
            " (gen_random_uuid(), 'jar-11', 2, 'jar.emptied', 1, '{}', gen_random_uuid(), '', '')"
        )
    jars.rows["jar-2"]["coins"] = 6
    verified = command("verify")
    assert verified.code == 2
    assert "jar-11 v0  cannot be folded: UnknownEvent: No event type 'jar.broken'" in verified.out
    assert "jar-2 v1  coins" in verified.out
    assert verified.err.count("4 streams") >= 1


def test_nothing_to_verify_is_an_ending_of_its_own() -> None:
    assert command("verify").code == 3
    assert "none is" in command("verify").err
    declare_jars()
    verified = command("verify")
    assert verified.code == 3
    assert "jar-…" in verified.err


def test_a_field_that_the_state_does_not_have_is_refused_with_a_suggestion(jars: Jars) -> None:
    jars.rows["jar-1"]["coin"] = 7
    verified = command("verify")
    assert verified.code == 2
    assert "'coin' must be, and JarState has no such field; did you mean 'coins'" in verified.err


def test_what_changes_while_it_is_verified_is_no_difference() -> None:
    """The row is read after its events, and an event came in between."""
    jars = declare_jars()
    jars.fill(1, 3, 4)
    coins = {"jar-1": 7}
    looks: list[Sequence[str]] = []
    with catalogue.scratch():
        catalogue._entries.verifications.clear()

        @verifies("jar-", streams=lambda: iter(coins))
        def rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
            looks.append(streams)
            if len(looks) == 1:
                jars.fill(1, 5)
                coins["jar-1"] = 12
            for stream in streams:
                yield stream, {"coins": coins[stream]}

        verified = command("verify")
    assert verified.code == 0, verified.out
    assert looks == [["jar-1"], ["jar-1"]]


def test_a_second_look_is_at_one_moment_of_the_database() -> None:
    """Whatever is committed between reading the events and reading the row is not seen by either."""
    jars = declare_jars()
    jars.fill(1, 3)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE jar_rows (stream text, coins int)")
        cursor.execute("INSERT INTO jar_rows VALUES ('jar-1', 99)")
    levels: list[str] = []
    with catalogue.scratch():
        catalogue._entries.verifications.clear()

        @verifies("jar-", streams=lambda: iter(["jar-1"]))
        def rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                )
                levels.append(" ".join(cursor.fetchone()))
                cursor.execute("SELECT stream, coins FROM jar_rows WHERE stream = ANY(%s)", [list(streams)])
                yield from ((stream, {"coins": coins}) for stream, coins in cursor.fetchall())

        try:
            assert command("verify").code == 2
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE jar_rows")
    assert levels == ["read committed off", "repeatable read on"]


def test_a_fold_that_was_changed_without_a_new_version_is_found_on_its_snapshots(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"snapshot_every": 5}
    with catalogue.scratch():
        jars = declare_jars()
        write_jars([1], 7)
        jars.rows["jar-1"] = {"coins": 7}
        state_of("jar-1")
        assert command("verify").code == 0
        Snapshot.objects.update(state=JarState(coins=500).model_dump_json())
        verified = command("verify")
    assert verified.code == 2
    assert "jar-1 v7  is something else on top of its snapshot: raise the version of the fold" in verified.out


def test_verifying_takes_no_snapshot(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"snapshot_every": 5}
    jars = declare_jars()
    write_jars([1], 20)
    jars.rows["jar-1"] = {"coins": 20}
    assert command("verify").code == 0
    assert not Snapshot.objects.exists()


def test_memory_does_not_grow_with_the_number_of_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.history._PAGE_COUNT", 50)
    monkeypatch.setattr(verifying, "_BATCH_COUNT", 10)
    peaks = []
    with catalogue.scratch():
        declare_jars()
        catalogue._entries.verifications.clear()
        names = iter(())

        @verifies("jar-", streams=lambda: names)
        def rows(streams: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
            return ((stream, {"coins": 2}) for stream in streams)

        for first, last in ((1, 200), (201, 2_000)):
            write_jars(range(first, last + 1), 2)
            list(verifying.verify(verifying.Verified()))  # what is cached, is cached
            tracemalloc.start()
            verified = verifying.Verified()
            assert list(verifying.verify(verified)) == []
            assert verified.streams.total() == last
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks
