"""What processes do to each other: two relays, a killed child, a task that hangs, a stop."""

import re
from pathlib import Path

import pytest
from django_celery_results.models import TaskResult
from redis import Redis

from events.models import Attempt, Delivery, Outcome
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import Process, relay, worker


@pytest.mark.parametrize(
    ("trouble", "subscriber", "attempts", "error"),
    [
        ("kill", "parcels.trouble", 3, "WorkerLostError"),
        ("be slow", "parcels.slow", 3, "SoftTimeLimitExceeded"),
        ("hang", "parcels.slow", 1, "TimeLimitExceeded"),
    ],
)
def test_a_task_that_ends_or_blocks_its_process_becomes_a_dead_letter(
    ledger: None, broker: Redis, tmp_path: Path, trouble: str, subscriber: str, attempts: int, error: str
) -> None:
    with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log"):
        send(1, trouble)
        send(5, first=2)
        wait_for_deliveries(6 * SUBSCRIBERS, tmp_path / "worker.log")
    dead = Delivery.objects.exclude(outcome=Outcome.DONE).get()
    assert (dead.subscriber, dead.outcome, dead.attempts) == (subscriber, Outcome.DEAD, attempts)
    assert {one.rpartition(".")[2] for one in Attempt.objects.values_list("error_class", flat=True)} == {error}
    assert TaskResult.objects.get().task_id == f"{dead.event.id}:{subscriber}:0"
    assert ledger_of(subscriber) == [(number, 0, 1) for number in range(2, 7)]


def test_two_relays_never_publish_one_event_twice_to_a_subscriber(ledger: None, broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "one.log"), relay(tmp_path / "two.log"):
        for start in range(1, 301, 10):
            send(10, first=start)
        with worker(tmp_path / "worker.log", "-l", "DEBUG", TASK_LOG_LEVEL="INFO"):
            wait_for_deliveries(300 * SUBSCRIBERS, tmp_path / "worker.log")
    assert ledger_of("parcels.count") == [(number, 0, 1) for number in range(1, 301)]
    assert len(re.findall(r"Task parcels\.count\[.*\] received", (tmp_path / "worker.log").read_text())) == 300


def test_a_worker_with_contradictions_refuses_to_start(ledger: None, broker: Redis, tmp_path: Path) -> None:
    command = ["-m", "celery", "-A", "config", "worker", "--pool", "solo"]
    process = Process(command, tmp_path / "worker.log", {"VISIBILITY_TIMEOUT_SECONDS": "100"})
    assert process.popen.wait(60) != 0
    assert "events.E008" in process.log.read_text()


def test_a_relay_stops_cleanly_on_sigterm(ledger: None, broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "relay.log") as process:
        send(1)
        assert process.stop() == 0
    assert "relay: stopped" in (tmp_path / "relay.log").read_text()


def test_a_worker_finishes_its_tasks_on_sigterm(ledger: None, broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log") as process:
        send(1, "take a second")
        wait_for_deliveries(SUBSCRIBERS - 1, tmp_path / "worker.log")
        assert process.stop() == 0
    assert Delivery.objects.count() == SUBSCRIBERS
