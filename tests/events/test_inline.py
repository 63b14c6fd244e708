"""The inline transport: the same subscribers, in this process."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_celery_results.models import TaskResult
from pytest_django import Settings

from events import catalogue, outbox
from events.delivery import deliver
from events.errors import Reject
from events.event import Event
from events.log import emit, emit_many
from events.models import Attempt, Delivery, OutboxEntry, Outcome
from events.models import Event as LoggedRow
from events.relay import Relay, drain
from events.replay import Selection, create_replay
from events.subscribers import Context, subscriber
from tests.flows.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung() -> type[Event]:
    class Rung(Event, name="bell.rung", stream="bell-{bell_id}"):
        bell_id: int

    return Rung


@pytest.fixture
def heard(rung: type[Event]) -> Iterator[list[Context]]:
    """What the subscriber `ears.listen` got."""
    contexts: list[Context] = []

    @subscriber(rung, name="ears.listen")
    def listen(event: Event, context: Context) -> None:
        contexts.append(context)

    return contexts


def ring(rung: type[Event], *bells: int) -> None:
    with transaction.atomic():
        emit_many([rung(bell_id=bell) for bell in bells])


def test_subscribers_run_after_the_commit_and_not_before(rung: type[Event], heard: list[Context]) -> None:
    with transaction.atomic():
        emit(rung(bell_id=1))
        assert not heard
    assert [context.stream for context in heard] == ["bell-1"]
    assert Delivery.objects.get().outcome == Outcome.DONE
    assert not OutboxEntry.objects.exists()


def test_the_failure_of_one_subscriber_never_stops_another(rung: type[Event], heard: list[Context]) -> None:
    @subscriber(rung, name="arms.break")
    def fail(event: Event) -> None:
        raise ValueError("broken")

    ring(rung, 1, 2)
    assert [context.stream for context in heard] == ["bell-1", "bell-2"]
    assert set(Attempt.objects.values_list("subscriber", "event__stream")) == {
        ("arms.break", "bell-1"),
        ("arms.break", "bell-2"),
    }


def test_retries_wait_in_the_outbox_and_end_as_a_dead_letter(rung: type[Event]) -> None:
    tries: list[int] = []

    @subscriber(rung, name="arms.break", max_retries=2)
    def fail(event: Event, context: Context) -> None:
        tries.append(context.attempt)
        raise ValueError("broken")

    ring(rung, 1)
    while OutboxEntry.objects.exists():
        OutboxEntry.objects.update(available_at=timezone.now())
        drain()
    assert tries == [1, 2, 3]
    assert list(Attempt.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    dead = Delivery.objects.get()
    assert (dead.outcome, dead.attempts) == (Outcome.DEAD, 3)
    assert dead.fingerprint == "ValueError in tests/events/test_inline.py:" + fail.__qualname__
    letter = TaskResult.objects.get()
    assert (letter.status, letter.task_name) == ("FAILURE", "arms.break")
    assert '"bell_id": 1' in letter.task_args


@pytest.mark.parametrize("error", [Reject("no"), KeyError("final")])
def test_a_final_error_is_never_retried(rung: type[Event], error: Exception) -> None:
    @subscriber(rung, name="arms.refuse", final_errors=(KeyError,))
    def refuse(event: Event) -> None:
        raise error

    ring(rung, 1)
    assert Delivery.objects.get().outcome == Outcome.DEAD
    assert not OutboxEntry.objects.exists()


def test_a_failed_try_leaves_nothing_of_its_effect(rung: type[Event]) -> None:
    @subscriber(rung, name="arms.half", max_retries=0)
    def half(event: Event) -> None:
        TaskResult.objects.create(task_id="half an effect", status="SUCCESS")
        raise ValueError("after the first half")

    ring(rung, 1)
    assert not TaskResult.objects.filter(task_id="half an effect").exists()
    assert Delivery.objects.get().outcome == Outcome.DEAD


def test_a_duplicate_leaves_nothing(rung: type[Event]) -> None:
    @subscriber(rung, name="hands.write")
    def write(event: Event, context: Context) -> None:
        TaskResult.objects.create(task_id=f"effect {TaskResult.objects.count()}", status="SUCCESS")

    ring(rung, 1)
    outbox.put(Delivery.objects.get().event_id, "hands.write", 0, timezone.now())
    drain()
    assert TaskResult.objects.count() == Delivery.objects.count() == 1


def test_a_duplicate_that_stumbles_over_the_first_ones_effect_is_no_failure(rung: type[Event]) -> None:
    @subscriber(rung, name="hands.write")
    def write(event: Event, context: Context) -> None:
        TaskResult.objects.create(task_id=f"effect of {context.event_id}", status="SUCCESS")

    ring(rung, 1)
    outbox.put(Delivery.objects.get().event_id, "hands.write", 0, timezone.now())
    drain()
    assert not Attempt.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_two_deliveries_at_the_same_moment_leave_one_effect(rung: type[Event]) -> None:
    both_ran = threading.Barrier(2)

    @subscriber(rung, name="hands.write")
    def write(event: Event) -> None:
        TaskResult.objects.create(task_id=f"effect of {threading.get_ident()}", status="SUCCESS")
        both_ran.wait(timeout=30)

    with catalogue.scratch(empty=True), transaction.atomic():
        event = emit(rung(bell_id=1))
        transaction.get_connection().run_on_commit.clear()

    def run() -> None:
        try:
            deliver(catalogue.subscriber("hands.write"), event, 0, 1, "test")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert TaskResult.objects.count() == Delivery.objects.count() == 1


def test_what_fails_after_the_commit_is_said_and_the_delivery_stays_done(
    rung: type[Event], caplog: pytest.LogCaptureFixture
) -> None:
    @subscriber(rung, name="hands.write")
    def write(event: Event) -> None:
        transaction.on_commit(lambda: 1 / 0)

    ring(rung, 1)
    assert Delivery.objects.get().outcome == Outcome.DONE
    assert not Attempt.objects.exists()
    assert "is done, but what its subscriber left for after the commit failed" in caplog.text


def test_the_relay_runs_what_is_due_without_waiting_in_between(
    rung: type[Event], heard: list[Context], settings: Settings
) -> None:
    settings.EVENTS = settings.EVENTS | {"relay_poll_seconds": 600}
    with catalogue.scratch(empty=True):
        ring(rung, *range(5))
    for position in LoggedRow.objects.values_list("position", flat=True):
        outbox.put(position, "ears.listen", 0, timezone.now())
    process = Relay()

    def run() -> None:
        try:
            process.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: len(heard) == 5)
    process.stop()
    thread.join(timeout=30)


def test_a_duplicate_of_an_external_effect_is_not_run(rung: type[Event]) -> None:
    calls: list[str] = []

    @subscriber(rung, name="post.send", effects="external")
    def send(event: Event, context: Context) -> None:
        calls.append(context.idempotency_key)

    ring(rung, 1)
    outbox.put(Delivery.objects.get().event_id, "post.send", 0, timezone.now())
    drain()
    assert len(calls) == 1


def test_what_is_due_later_waits(rung: type[Event], heard: list[Context]) -> None:
    ring(rung, 1)
    outbox.put(heard[0].position, "ears.listen", 1, timezone.now() + timedelta(hours=1))
    drain()
    assert len(heard) == 1
    assert OutboxEntry.objects.count() == 1


def test_what_a_subscriber_emits_has_the_event_as_its_cause(rung: type[Event], heard: list[Context]) -> None:
    class Answered(Event, name="door.answered", stream="door-{door_id}"):
        door_id: int

    @subscriber(rung, name="legs.answer")
    def answer(event: Event) -> None:
        emit(Answered(door_id=1))

    causes: list[Context] = []

    @subscriber(Event, name="everything.watch")
    def watch(event: Event, context: Context) -> None:
        causes.append(context)

    ring(rung, 1)
    first, second = causes
    assert (first.name, second.name) == ("bell.rung", "door.answered")
    assert second.causation_id == first.event_id
    assert second.correlation_id == first.correlation_id
    assert second.actor == "subscriber:legs.answer"


def test_an_external_effect_runs_outside_any_transaction_with_a_stable_key(rung: type[Event]) -> None:
    keys: list[str] = []

    @subscriber(rung, name="post.send", effects="external")
    def send(event: Event, context: Context) -> None:
        assert not transaction.get_connection().in_atomic_block
        keys.append(context.idempotency_key)

    ring(rung, 1)
    event = Delivery.objects.get().event
    assert keys == [f"{event.id}:post.send"]


def test_a_replay_is_a_run_of_its_own_and_happens_once(rung: type[Event]) -> None:
    @subscriber(rung, name="arms.mend", max_retries=0)
    def mend(event: Event, context: Context) -> None:
        TaskResult.objects.create(task_id=f"mended {TaskResult.objects.count()}", status="SUCCESS")
        if context.run == 0:
            raise ValueError("not yet mended")

    ring(rung, 1)
    create_replay(Selection(), name="once more", reason="mended", owner="test", now=timezone.now())
    outbox.put(Delivery.objects.first().event_id, "arms.mend", 1, timezone.now())
    drain()
    assert TaskResult.objects.filter(status="SUCCESS").count() == 1
    assert sorted(Delivery.objects.values_list("run", "outcome")) == [(0, "dead"), (1, "done")]


def test_an_outbox_row_for_a_subscriber_that_is_gone_ends_as_a_dead_letter(
    rung: type[Event], heard: list[Context]
) -> None:
    ring(rung, 1)
    outbox.put(heard[0].position, "nose.smell", 0, timezone.now())
    drain()
    dead = Delivery.objects.get(subscriber="nose.smell")
    assert dead.outcome == Outcome.DEAD
    assert "UnknownSubscriber" in dead.fingerprint
