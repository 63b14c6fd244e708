"""What the events of a stream add up to."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel

from events import catalogue
from events.api import Event, emit, fold, fold_all, state_of, upcaster, verifies
from events.errors import PayloadUnreadable, StreamPruned, UnknownEvent, UnknownFold
from events.models import Snapshot
from tests.events.jars import JarState, declare_jars, jar_state, write_jars

pytestmark = pytest.mark.django_db(transaction=True)


def test_all_events_of_a_stream_add_up_to_its_state() -> None:
    jars = declare_jars()
    logged = jars.log(
        jars.filled(jar_id=1, coins=3, note="a"),
        jars.filled(jar_id=2, coins=50),
        jars.filled(jar_id=1, coins=4, note="b"),
        jars.closed(jar_id=1),
    )
    folded = state_of("jar-1")
    assert folded.state == JarState(coins=7, notes=("a", "b"), closed_at=logged[-1].occurred_at)
    assert (folded.stream, folded.stream_version, folded.at) == ("jar-1", 3, logged[-1].occurred_at)


def test_a_stream_is_as_it_was_after_so_many_events() -> None:
    jars = declare_jars()
    jars.fill(1, 3, 4, 5)
    assert [state_of("jar-1", at=version).state for version in (1, 2, 3, 4)] == [
        JarState(coins=3, notes=("",)),
        JarState(coins=7, notes=("", "")),
        JarState(coins=12, notes=("", "", "")),
        JarState(coins=12, notes=("", "", "")),
    ]
    assert state_of("jar-1", at=2).stream_version == 2


def test_a_stream_is_as_it_was_at_an_instant() -> None:
    declare_jars()
    start = write_jars([1], 10)
    first = start + timedelta(seconds=1)
    assert state_of("jar-1", at=first).state.coins == 1
    assert state_of("jar-1", at=first + timedelta(seconds=6.5)).stream_version == 7
    assert state_of("jar-1", at=first + timedelta(seconds=6.5)).at == first + timedelta(seconds=6)
    assert state_of("jar-1", at=timezone.now()).stream_version == 10


def test_before_the_first_event_there_is_no_state() -> None:
    declare_jars()
    start = write_jars([1], 3)
    for folded in (state_of("jar-1", at=start), state_of("jar-1", at=0), state_of("jar-2")):
        assert (folded.state, folded.stream_version, folded.at) == (None, 0, None)


def test_a_clock_that_was_set_back_does_not_tear_a_stream_apart() -> None:
    declare_jars()
    start = write_jars([1], 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent, occurred_at) SELECT gen_random_uuid(), 'jar-1', 4, name, 1, payload, correlation_id, '', '',"
            " %s FROM events_event WHERE stream_version = 1",
            [start + timedelta(seconds=2)],
        )
    assert state_of("jar-1", at=start + timedelta(seconds=2)).stream_version == 2
    assert state_of("jar-1", at=start + timedelta(seconds=3)).stream_version == 4
    assert state_of("jar-1").at == start + timedelta(seconds=3)


def test_what_the_fold_does_not_know_leaves_the_state_as_it_was() -> None:
    jars = declare_jars()
    jars.log(jars.filled(jar_id=1, coins=3), jars.admired(jar_id=1))
    folded = state_of("jar-1")
    assert (folded.state.coins, folded.stream_version) == (3, 2)


def test_a_fold_meets_the_newest_version_of_an_event() -> None:
    with catalogue.scratch():
        declare_jars().fill(1, 3)

    class Filled(Event, name="jar.filled", version=2, stream="jar-{jar_id}"):
        jar_id: int
        cents: int

    @upcaster("jar.filled", version=1)
    def count_cents(payload: dict) -> dict:
        return {"jar_id": payload["jar_id"], "cents": payload["coins"] * 100}

    class Cents(BaseModel, frozen=True):
        cents: int

    @fold("jar-{jar_id}", state=Cents)
    def cents_state(state: Cents | None, event: Filled, logged: object) -> Cents:
        return Cents(cents=(state.cents if state else 0) + event.cents)

    with transaction.atomic():
        emit(Filled(jar_id=1, cents=7))
    assert state_of("jar-1").state == Cents(cents=307)


def test_an_event_that_the_code_does_not_know_or_cannot_read_is_no_state() -> None:
    jars = declare_jars()
    jars.fill(1, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent) SELECT gen_random_uuid(), stream.name, stream.version, 'jar.filled', stream.event_version,"
            " '{\"jar_id\": 1}', gen_random_uuid(), '', ''"
            " FROM (VALUES ('jar-1', 2, 9), ('jar-2', 1, 1)) AS stream (name, version, event_version)"
        )
    assert state_of("jar-1", at=1).state.coins == 3
    with pytest.raises(UnknownEvent, match=r"'jar\.filled' with version 9"):
        state_of("jar-1")
    with pytest.raises(PayloadUnreadable, match="coins"):
        state_of("jar-2")


def test_a_stream_whose_beginning_was_pruned_is_refused_and_not_folded_wrongly() -> None:
    jars = declare_jars()
    jars.fill(1, 1, 2, 3)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL events.pruning = 'on'")
        cursor.execute("DELETE FROM events_event WHERE stream_version < 3")
    with pytest.raises(StreamPruned, match=r"jar-1 goes on with event 3 after 0.*log_retention_days"):
        state_of("jar-1")


def test_a_stream_without_a_fold_says_so() -> None:
    declare_jars()
    with pytest.raises(UnknownFold, match=r"No @fold says what the events of the stream cup-1 add up to"):
        state_of("cup-1")


def test_of_several_folds_the_one_that_says_most_of_the_stream_counts() -> None:
    declare_jars()

    class Lid(BaseModel, frozen=True):
        name: str

    @fold("jar-lid-{name}", state=Lid)
    def lid_state(state: Lid | None, event: Event, logged: object) -> Lid | None:
        return state

    assert catalogue.fold_of("jar-lid-7").state is Lid
    assert catalogue.fold_of("jar-7").state is JarState


@pytest.mark.parametrize("page", [1, 3, 5_000])
def test_many_streams_are_folded_in_one_pass_however_the_pages_fall(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr("events.history._PAGE_COUNT", page)
    jars = declare_jars()

    class Poured(Event, name="cup.poured", stream="cup-{cup_id}"):
        cup_id: int

    jars.log(Poured(cup_id=1))
    write_jars([1, 2, 10], 4)
    jars.log(Poured(cup_id=2), jars.emptied(jar_id=10))
    folded = {one.stream: one for one in fold_all("jar-")}
    assert {stream: (one.stream_version, one.state.coins) for stream, one in folded.items()} == {
        "jar-1": (4, 4),
        "jar-2": (4, 4),
        "jar-10": (5, 0),
    }
    assert folded == {stream: state_of(stream) for stream in folded}
    assert not Snapshot.objects.exists()


def without_a_beginning() -> None:
    fold("{jar_id}", state=JarState)(jar_state)


def with_a_state_that_changes() -> None:
    class Loose(BaseModel):
        coins: int = 0

    fold("jar-{jar_id}", state=Loose)(lambda state, event, logged: state)


def twice_for_the_same_streams() -> None:
    declare_jars()
    fold("jar-{name}", state=JarState)(lambda state, event, logged: state)


def a_verification_of_nothing() -> None:
    declare_jars()
    verifies("jam-", streams=list)(lambda streams: [])


@pytest.mark.parametrize(
    ("contradiction", "message"),
    [
        (without_a_beginning, "E030.*begin with text"),
        (with_a_state_that_changes, "E030.*frozen"),
        (twice_for_the_same_streams, "E002.*claim the same name"),
        (a_verification_of_nothing, "E031.*did you mean 'jar-'"),
    ],
)
def test_a_fold_that_contradicts_the_declarations_fails_the_check(contradiction: object, message: str) -> None:
    contradiction()  # type: ignore[operator]
    with pytest.raises(SystemCheckError) as refusal:
        call_command("check", tags=["events"])
    pattern = message.split(".*")
    assert all(part in str(refusal.value) for part in pattern)


def test_a_sound_fold_passes_the_check() -> None:
    declare_jars()
    call_command("check", tags=["events"])
