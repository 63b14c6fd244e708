"""The fixture `events`, in a test that is one transaction and in one that commits."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction

from events.api import Context, Event, Reject, Snooze, emit, subscriber
from events.errors import UnknownSubscriber
from events.models import Attempt, Delivery, OutboxEntry, Replay
from events.testing import Rehearsal


class Ledger:
    """Effects that roll back with their transaction."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE test_effect (words text)")

    def write(self, words: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO test_effect VALUES (%s)", [words])

    @property
    def rows(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT words FROM test_effect ORDER BY 1")
            return [words for (words,) in cursor.fetchall()]


@dataclass
class Garden:
    """Seeds are sown; a subscriber waters, another tells the neighbours, and they emit in turn."""

    sown: type[Event]
    watered: type[Event]
    ledger: Ledger
    told: list[str] = field(default_factory=list)
    after_commit: list[int] = field(default_factory=list)
    snoozes: int = 0

    def sow(self, *beds: int) -> None:
        for bed in beds:
            with transaction.atomic():
                emit(self.sown(bed_id=bed, seeds={"kind": "peas"}))


@pytest.fixture(params=["db", "transactional_db"])
def garden(request: pytest.FixtureRequest) -> Iterator[Garden]:
    """Once within the test's transaction, once with real commits."""
    request.getfixturevalue(request.param)

    class Sown(Event, name="bed.sown", stream="bed-{bed_id}"):
        bed_id: int
        seeds: dict[str, str]

    class Watered(Event, name="bed.watered", stream="bed-{bed_id}"):
        bed_id: int

    garden = Garden(Sown, Watered, Ledger())

    @subscriber(Sown, name="garden.water", max_retries=3)
    def water(event: Sown) -> None:
        garden.ledger.write(f"watered {event.bed_id}")
        emit(Watered(bed_id=event.bed_id))
        transaction.on_commit(lambda: garden.after_commit.append(event.bed_id))

    @subscriber(Sown, name="neighbours.tell", effects="external", max_retries=1)
    def tell(event: Sown, context: Context) -> None:
        garden.told.append(context.idempotency_key)

    @subscriber(Watered, name="garden.wait")
    def wait(event: Watered) -> None:
        if garden.snoozes:
            garden.snoozes -= 1
            raise Snooze(600)

    yield garden
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS test_effect")


def test_nothing_is_delivered_until_the_test_says_so(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    assert not Delivery.objects.exists()
    assert events.deliver() == 3
    assert garden.ledger.rows == ["watered 1"]
    assert garden.after_commit == [1]
    events.assert_done("garden.water", garden.sown, bed_id=1)
    events.assert_done("garden.wait")
    assert not OutboxEntry.objects.exists()


def test_what_was_emitted_can_be_asked_for(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1, 2)
    assert events.emitted == [garden.sown(bed_id=number, seeds={"kind": "peas"}) for number in (1, 2)]
    assert events.assert_emitted(garden.sown, bed_id=2) == events.emitted[1]
    events.assert_emitted(garden.sown, seeds={"kind": "peas"})
    events.assert_not_emitted(garden.watered)
    with pytest.raises(AssertionError, match=r"(?s)Sown\(bed_id=3\) was not emitted. Emitted:.*bed_id=1.*bed_id=2"):
        events.assert_emitted(garden.sown, bed_id=3)
    with pytest.raises(AssertionError, match=r"(?s)Sown\(bed_id=1\) was emitted:\n  .*bed_id=1"):
        events.assert_not_emitted(garden.sown, bed_id=1)
    with pytest.raises(TypeError, match="has no field 'bed'; did you mean 'bed_id'"):
        events.assert_emitted(garden.sown, bed=1)


def test_what_is_rolled_back_was_not_emitted(events: Rehearsal, garden: Garden) -> None:
    with suppress(ValueError), transaction.atomic():
        emit(garden.sown(bed_id=1, seeds={}))
        raise ValueError("frost")
    assert events.emitted == []
    with pytest.raises(AssertionError, match="Emitted:\n  nothing"):
        events.assert_emitted(garden.sown)


def test_one_subscriber_alone_can_be_served(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    events.deliver("neighbours.tell")
    assert garden.ledger.rows == []
    with pytest.raises(AssertionError, match=r"not done:\n  Sown\(bed_id=1, .* was not delivered yet"):
        events.assert_done("garden.water")
    events.deliver()
    events.assert_done("garden.water")
    assert len(garden.told) == 1


def test_repeated_messages_have_one_effect(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1, 2)
    assert events.deliver_twice() == 12
    assert events.deliver_twice("garden.water") == 2
    assert garden.ledger.rows == ["watered 1", "watered 2"]
    assert len(garden.told) == 2
    assert garden.after_commit == [1, 2]


def test_a_subscriber_that_is_not_idempotent_is_found_out(events: Rehearsal, garden: Garden) -> None:
    """The platform keeps its own promise; what a subscriber does beside it, it cannot."""
    calls: list[int] = []

    @subscriber(garden.sown, name="bell.ring")
    def ring(event: Event) -> None:
        calls.append(1)

    garden.sow(1)
    events.deliver_twice("bell.ring")
    assert len(calls) == 2


def test_a_try_that_is_made_to_fail_is_retried_and_leaves_no_half_effect(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    events.fail("garden.water", times=2, error=KeyError("hose"), after=True)
    events.deliver()
    events.assert_done("garden.water")
    assert garden.ledger.rows == ["watered 1"]
    assert list(Attempt.objects.values_list("message", flat=True)) == ["'hose'"] * 2
    assert len([event for event in events.emitted if type(event) is garden.watered]) == 1


def test_what_fails_outside_stands_outside(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    events.fail("neighbours.tell", after=True)
    events.deliver()
    assert len(garden.told) == 2
    assert len(set(garden.told)) == 1


def test_what_fails_for_good_is_dead_and_comes_back_by_a_replay(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    events.fail("garden.water", times=4, error=Reject("no water"))
    events.deliver()
    events.assert_dead("garden.water", garden.sown, error=Reject, bed_id=1)
    events.assert_dead("garden.water", error="no water")
    with pytest.raises(AssertionError, match=r"died, but not of KeyError: events\.errors\.Reject: .*no water"):
        events.assert_dead("garden.water", error=KeyError)
    with pytest.raises(AssertionError, match=r"garden.water: not done:\n  Sown\(.*is dead of events.errors.Reject"):
        events.assert_done("garden.water")
    events.fail("garden.water", times=0)
    made = events.replay("garden.water")
    assert (made.state, made.item_count) == (Replay.State.FINISHED, 1)
    events.assert_done("garden.water")
    assert garden.ledger.rows == ["watered 1"]


def test_without_retries_each_delivery_is_tried_once(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    events.fail("garden.water", times=9)
    events.deliver(retries=False)
    with pytest.raises(AssertionError, match=r"is retried after RuntimeError: this try of garden\.water was made"):
        events.assert_done("garden.water")
    events.deliver()
    events.assert_dead("garden.water")


def test_a_subscriber_that_snoozes_for_ever_does_not_hang_the_test(events: Rehearsal, garden: Garden) -> None:
    garden.sow(1)
    garden.snoozes = 50
    events.deliver()
    with pytest.raises(AssertionError, match="The delivery waits for 600 s"):
        events.assert_done("garden.wait")
    garden.snoozes = 0
    events.deliver()
    events.assert_done("garden.wait")


def test_an_unknown_subscriber_is_named_with_a_suggestion(events: Rehearsal, garden: Garden) -> None:
    for ask in (events.deliver, events.deliver_twice, events.fail, events.assert_done, events.assert_dead):
        with pytest.raises(UnknownSubscriber, match=r"'garden\.watr'; did you mean 'garden\.water'"):
            ask("garden.watr")  # type: ignore[operator]


def test_nothing_emitted_is_no_proof_that_something_is_done(events: Rehearsal, garden: Garden) -> None:
    with pytest.raises(AssertionError, match=r"An event that garden.water wants was not emitted. Emitted:\n  nothing"):
        events.assert_done("garden.water")
