"""From emit to settled deliveries, with a real relay and a real worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django_celery_results.models import TaskResult
from redis import Redis

from events.models import Attempt, Delivery, OutboxEntry, Outcome
from events.replay import replay
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import relay, worker

@pytest.fixture
def running(ledger: None, broker: Redis, tmp_path: Path) -> Iterator[Path]:
    """A relay and a worker."""
    with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log"):
        yield tmp_path


def test_every_subscriber_gets_every_event_once(running: Path) -> None:
    send(200)
    wait_for_deliveries(200 * SUBSCRIBERS, running / "worker.log", running / "relay.log")
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {Outcome.DONE}
    for subscriber in ("parcels.count", "parcels.call", "parcels.slow", "parcels.trouble"):
        assert ledger_of(subscriber) == [(number, 0, 1) for number in range(1, 201)]
    assert not OutboxEntry.objects.exists()
    assert not TaskResult.objects.exists()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("trouble", "subscriber", "attempts", "error"),
    [
        ("fail", "parcels.trouble", 3, "ValueError"),
        ("reject", "parcels.trouble", 1, "Reject"),
        ("eat memory", "parcels.trouble", 3, "SubscriberAborted"),
        ("exit", "parcels.trouble", 3, "SubscriberAborted"),
        ("kill", "parcels.trouble", 3, "WorkerLostError"),
        ("be slow", "parcels.slow", 3, "SoftTimeLimitExceeded"),
        ("hang", "parcels.slow", 1, "TimeLimitExceeded"),
    ],
)
def test_what_keeps_failing_ends_as_a_dead_letter(
    running: Path, trouble: str, subscriber: str, attempts: int, error: str
) -> None:
    send(1, trouble)
    send(5, first=2)
    wait_for_deliveries(6 * SUBSCRIBERS, running / "worker.log")
    dead = Delivery.objects.exclude(outcome=Outcome.DONE).get()
    assert (dead.subscriber, dead.outcome, dead.attempts) == (subscriber, Outcome.DEAD, attempts)
    tries = Attempt.objects.order_by("number")
    assert [one.number for one in tries] == list(range(1, attempts + 1))
    assert [one.next_try_at is None for one in tries] == [False] * (attempts - 1) + [True]
    assert {one.error_class.rpartition(".")[2] for one in tries} == {error}
    letter = TaskResult.objects.get()
    assert letter.task_id == f"{dead.event.id}:{subscriber}:0"
    assert (letter.status, letter.task_name) == ("FAILURE", subscriber)
    assert ledger_of(subscriber) == [(number, 0, 1) for number in range(2, 7)]


def test_a_retry_that_works_leaves_one_effect_and_its_failed_attempt(running: Path) -> None:
    send(1, "fail once")
    wait_for_deliveries(SUBSCRIBERS, running / "worker.log")
    assert ledger_of("parcels.trouble") == [(1, 0, 2)]
    assert Attempt.objects.get().message == "torn, but only once"
    assert Delivery.objects.get(subscriber="parcels.trouble").attempts == 2
    assert not TaskResult.objects.exists()


def test_a_dead_delivery_runs_again_from_the_log(running: Path) -> None:
    send(1, "fail in run 0")
    wait_for_deliveries(SUBSCRIBERS, running / "worker.log")
    replay(Delivery.objects.get(outcome=Outcome.DEAD))
    replay(Delivery.objects.get(outcome=Outcome.DEAD))
    wait_for_deliveries(SUBSCRIBERS + 1, running / "worker.log")
    assert ledger_of("parcels.trouble") == [(1, 1, 1)]
    assert Delivery.objects.get(subscriber="parcels.trouble", run=1).outcome == Outcome.DONE
    assert Delivery.objects.get(subscriber="parcels.trouble", run=0).outcome == Outcome.DEAD


def test_two_relays_never_deliver_one_event_twice(ledger: None, broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "one.log"), relay(tmp_path / "two.log"), worker(tmp_path / "worker.log"):
        for start in range(1, 301, 10):
            send(10, first=start)
        wait_for_deliveries(300 * SUBSCRIBERS, tmp_path / "worker.log")
    assert ledger_of("parcels.count") == [(number, 0, 1) for number in range(1, 301)]


def test_a_relay_stops_cleanly_on_sigterm(ledger: None, broker: Redis, log: Path) -> None:
    with relay(log) as process:
        send(1)
        assert process.stop() == 0
    assert "relay: stopped" in log.read_text()
