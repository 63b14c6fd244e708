"""What Celery reports is kept as a dead letter, or not at all."""

import pytest
from celery import current_app
from django.db import connection, connections, transaction
from django_celery_results.models import TaskResult
from pytest_django import Settings

from events.event import Event, LoggedEvent
from events.log import emit
from events.models import Attempt, Delivery, Outcome
from events.subscribers import DeliveryKey
from events.transports.results import DeadLetterBackend

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backend() -> DeadLetterBackend:
    return DeadLetterBackend(current_app)


@pytest.fixture
def event() -> LoggedEvent:
    class Thrown(Event, name="ball.thrown", stream="ball-{ball_id}"):
        ball_id: int

    with transaction.atomic():
        return emit(Thrown(ball_id=1))


def key(event: LoggedEvent) -> str:
    return str(DeliveryKey(event.id, "hands.catch"))


def error() -> Exception:
    try:
        raise ValueError("missed\0 it\udcff " + "by far " * 50_000)
    except ValueError as raised:
        return raised


@pytest.mark.parametrize("state", ["SUCCESS", "RETRY", "STARTED"])
def test_nothing_but_a_failure_is_stored(backend: DeadLetterBackend, event: LoggedEvent, state: str) -> None:
    backend.store_result(key(event), None, state)
    assert not TaskResult.objects.exists()
    assert not Delivery.objects.exists()


def test_a_failure_that_is_reported_twice_counts_once(backend: DeadLetterBackend, event: LoggedEvent) -> None:
    backend.store_result(key(event), error(), "FAILURE")
    backend.store_result(key(event), KeyError("later"), "FAILURE")
    assert Delivery.objects.get().outcome == Outcome.DEAD
    assert Attempt.objects.get().error_class == "ValueError"
    assert "ValueError" in TaskResult.objects.get().result


def test_a_late_failure_never_hides_a_success(backend: DeadLetterBackend, event: LoggedEvent) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at,"
            " worker, fingerprint) VALUES (%s, 'hands.catch', 0, 'done', 1, now(), now(), '', '')",
            [event.position],
        )
    backend.store_result(key(event), error(), "FAILURE")
    assert Delivery.objects.get().outcome == Outcome.DONE
    assert not TaskResult.objects.exists()


def test_a_failure_is_stored_although_its_text_is_endless_and_no_text_at_all(
    backend: DeadLetterBackend, event: LoggedEvent
) -> None:
    backend.store_result(key(event), error(), "FAILURE")
    kept = Attempt.objects.get()
    assert kept.message.startswith("missed␀ it\\udcff by far")
    assert len(kept.message) < 70_000
    assert "test_results.py" in kept.traceback


def test_a_failure_is_stored_although_the_database_dropped_the_connection(
    backend: DeadLetterBackend, event: LoggedEvent
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    backend.store_result(key(event), error(), "FAILURE")
    assert TaskResult.objects.get().task_id == key(event)


def test_the_failure_of_a_task_that_is_no_delivery_is_stored_as_celery_does(backend: DeadLetterBackend) -> None:
    backend.store_result("some-other-task", error(), "FAILURE")
    assert TaskResult.objects.get().task_id == "some-other-task"


def test_a_dead_letter_that_cannot_be_stored_gets_no_other_error(
    backend: DeadLetterBackend, event: LoggedEvent, settings: Settings
) -> None:
    for failpoints in ({"bury.after_settle": "raise"}, {}):
        assert not Delivery.objects.exists()
        settings.EVENTS = settings.EVENTS | {"failpoints": failpoints}
        backend.store_result(key(event), error(), "FAILURE")
    assert "ValueError" in TaskResult.objects.get().result
