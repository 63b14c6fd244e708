"""A task that is no delivery is carried out once a message, however often its message is repeated."""

import time
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from redis import Redis

from events.models import FinishedTask
from tests.flows.attacks import harmless, signed
from tests.flows.ledger import ledger_of
from tests.flows.processes import wait_until, worker
from tests.flows.test_edge import CHORES, assert_alive, refused, wait_for_refused, wait_for_silence


def published(broker: Redis, task: str, *arguments: Any) -> bytes:
    """A genuine message, which waits in Redis."""
    current_app.send_task(task, args=arguments)
    message: bytes = broker.lindex("default", 0)
    return message


def test_copies_of_a_message_do_not_run_not_even_while_the_first_is_running(
    ledger: None, broker: Redis, tmp_path: Path
) -> None:
    genuine = published(broker, "chores.sweep", 1, 1.0)
    broker.lpush("default", *[genuine] * 9, *harmless(genuine))
    published(broker, "chores.sweep", 2)
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_for_silence(broker, process.log)
        assert ledger_of("chores.sweep") == [(1, 0, 1), (2, 0, 1)]
        assert_alive(process)
    assert refused() == {"MessageRepeated": 1}
    broker.lpush("default", genuine)
    with worker(tmp_path / "later.log", *CHORES) as process:
        wait_for_silence(broker, process.log)
    assert ledger_of("chores.sweep") == [(1, 0, 1), (2, 0, 1)]
    assert FinishedTask.objects.count() == 2


def test_a_retry_is_a_message_of_its_own(ledger: None, broker: Redis, tmp_path: Path) -> None:
    genuine = published(broker, "chores.stumble", 1)
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_until(lambda: len(ledger_of("chores.stumble")) == 2, process.log.read_text)
        wait_for_silence(broker, process.log)
        broker.lpush("default", *[genuine] * 5)
        wait_for_silence(broker, process.log)
    assert ledger_of("chores.stumble") == [(1, 0, 1), (1, 0, 2)]
    assert refused() == {"MessageRepeated": 1}


def test_a_task_whose_worker_died_runs_again(ledger: None, broker: Redis, tmp_path: Path) -> None:
    genuine = published(broker, "chores.perish", 1, str(tmp_path / "perished"))
    with worker(tmp_path / "worker.log", *CHORES) as process:
        process.popen.wait(60)
    assert broker.hlen("unacked") == 1
    assert not FinishedTask.objects.exists()
    for tag in broker.zrange("unacked_index", 0, -1):
        broker.zadd("unacked_index", {tag: 1})  # as if the visibility timeout were over
    with worker(tmp_path / "later.log", *CHORES) as process:
        wait_until(lambda: ledger_of("chores.perish") == [(1, 0, 1), (1, 0, 1)], process.log.read_text)
        wait_for_silence(broker, process.log)
        broker.lpush("default", genuine)
        wait_for_refused(1, process.log)
    assert ledger_of("chores.perish") == [(1, 0, 1), (1, 0, 1)]


@pytest.mark.parametrize("days", [-2, 2])
def test_what_is_older_than_the_memory_of_the_workers_is_refused(
    ledger: None, broker: Redis, tmp_path: Path, days: int
) -> None:
    outdated = signed(published(broker, "chores.sweep", 1), sent_at=time.time() + days * 86_400)
    broker.delete("default")
    broker.lpush("default", outdated)
    published(broker, "chores.sweep", 2)
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_for_refused(1, process.log)
        wait_for_silence(broker, process.log)
    assert ledger_of("chores.sweep") == [(2, 0, 1)]
    assert refused() == {"MessageOutdated": 1}


def test_what_a_hard_time_limit_ended_is_not_repeated(ledger: None, broker: Redis, tmp_path: Path) -> None:
    genuine = published(broker, "chores.hang", 1)
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_until(FinishedTask.objects.exists, process.log.read_text)
        broker.lpush("default", genuine)
        wait_for_refused(1, process.log)
    assert ledger_of("chores.hang") == [(1, 0, 1)]
