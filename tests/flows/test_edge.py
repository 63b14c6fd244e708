"""Somebody with access to Redis writes there what he likes: the workers go on, and each genuine message counts once."""

import json
import os
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from celery import current_app
from django.db import connection
from django_celery_results.models import TaskResult
from psycopg.sql import SQL, Identifier
from redis import Redis

from events.models import Delivery, Outcome
from tests.flows.attacks import forgeries, harmless, poison, signed
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import Process, relay, wait_until, worker

CHORES = ("-I", "tests.flows.chores")
PARCELS = ("parcels.count", "parcels.call", "parcels.slow", "parcels.trouble")


@pytest.fixture
def waiting(ledger: None, broker: Redis, tmp_path: Path) -> list[bytes]:
    """Genuine messages of ten parcels, which wait in Redis: those in the queue `default`."""
    with relay(tmp_path / "relay.log"):
        send(10)
        wait_until(lambda: broker.llen("default") == 30 and broker.llen("calls") == 10)
    return broker.lrange("default", 0, -1)


def message_of(messages: list[bytes], task: str) -> bytes:
    return next(one for one in messages if json.loads(one)["headers"]["task"] == task)


def refused() -> Counter[str]:
    """How many messages were set aside, by the class of their error."""
    rows = TaskResult.objects.filter(task_id__startswith="refused-", status="FAILURE")
    return Counter(json.loads(one.result)["exc_type"] for one in rows)


def wait_for_refused(count: int, *logs: Path) -> None:
    wait_until(
        lambda: refused().total() >= count,
        lambda: f"{count} refused, got {refused()} {refused().total()}\n" + "\n".join(log.read_text() for log in logs),
    )


def wait_for_silence(broker: Redis, log: Path) -> None:
    """Nothing waits, and nothing is in the hands of a worker."""

    def nothing_left() -> bool:
        return not any(map(broker.exists, ("default", "calls", "unacked", "unacked_index")))

    wait_until(nothing_left, lambda: f"{broker.keys()}\n{log.read_text()}")


def assert_each_parcel_counted_once(count: int) -> None:
    for subscriber in PARCELS:
        assert ledger_of(subscriber) == [(number, 0, 1) for number in range(1, count + 1)]
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {Outcome.DONE}
    assert Delivery.objects.count() == count * SUBSCRIBERS


def assert_alive(process: Process) -> None:
    assert process.popen.poll() is None
    assert process.log.read_text().count(" ready.") == 1


def test_forged_messages_are_set_aside_among_genuine_ones_that_settle_once(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    genuine, other = message_of(waiting, "parcels.count"), message_of(waiting[::-1], "parcels.trouble")
    canary = tmp_path / "canary"
    forged = dict(forgeries(genuine, other, str(canary)))
    for number, message in enumerate(forged.values()):
        (broker.rpush if number % 2 else broker.lpush)("default", message, message)
    for repeated in [genuine] * 10 + list(harmless(genuine)):
        broker.lpush("default", repeated)
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_for_refused(len(forged), process.log)
        wait_for_deliveries(10 * SUBSCRIBERS, process.log)
        wait_for_silence(broker, process.log)
        assert_alive(process)
    assert_each_parcel_counted_once(10)
    assert ledger_of("chores.sweep") == []
    assert not canary.exists()
    kinds = Counter(MessageUnsigned=3, MessageUndecodable=2, MessageForged=len(forged) - 5)
    assert refused() == kinds, process.log.read_text()
    assert TaskResult.objects.count() == len(forged)
    row = TaskResult.objects.filter(result__contains="MessageForged").first()
    assert row is not None
    assert "signature of the message does not fit" in row.result
    assert "parcel.sent" in row.task_args


def test_what_is_no_message_is_set_aside_and_ends_no_worker(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    values = dict(poison(message_of(waiting, "parcels.count")))
    for number, value in enumerate(values.values()):
        (broker.rpush if number % 2 else broker.lpush)("calls" if number % 3 else "default", value)
    with worker(tmp_path / "worker.log") as process:
        wait_for_refused(len(values), process.log)
        wait_for_deliveries(10 * SUBSCRIBERS, process.log)
        wait_for_silence(broker, process.log)
        assert_alive(process)
    assert_each_parcel_counted_once(10)
    assert refused().total() == len(values)
    assert all(TaskResult.objects.values_list("traceback", flat=True))


def test_garbage_among_unacknowledged_messages_keeps_no_other_from_coming_back(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    genuine = message_of(waiting, "parcels.count")
    broker.lrem("default", 1, genuine)
    garbage = [
        b"not JSON", b"[]", b"[1, 2, 3]", b'[{"properties": 1}, "", "default"]', b"[" * 100_000,
        json.dumps([json.loads(genuine) | {"body": 5}, ["x"], {}]).encode(),
        json.dumps([json.loads(genuine) | {"headers": 5}, "", "unacked"]).encode(),
        json.dumps([json.loads(genuine) | {"headers": 6}, "", "half \ud800"]).encode(),
    ]  # fmt: skip
    for number, value in enumerate([*garbage, json.dumps([json.loads(genuine), "", "default"]).encode()]):
        broker.hset("unacked", f"tag {number}", value)
        broker.zadd("unacked_index", {f"tag {number}": 1})
    broker.zadd("unacked_index", {b"\xff of nothing": 1})
    with worker(tmp_path / "worker.log") as process:
        wait_for_refused(len(garbage), process.log)
        wait_for_deliveries(10 * SUBSCRIBERS, process.log)
        wait_for_silence(broker, process.log)
        assert_alive(process)
    assert Delivery.objects.filter(outcome=Outcome.DONE).count() == 10 * SUBSCRIBERS
    assert refused().total() == len(garbage)


@pytest.mark.parametrize("key", ["unacked", "unacked_index", "calls", "_kombu.binding.calls"])
def test_a_key_of_the_wrong_type_is_moved_out_of_the_way(ledger: None, broker: Redis, tmp_path: Path, key: str) -> None:
    broker.set(key, "in the way")
    with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log") as process:
        send(10)
        wait_until(lambda: Delivery.objects.filter(subscriber="parcels.call").count() == 10, process.log.read_text)
        assert_alive(process)
    assert any(name.startswith(f"{key}.refused-".encode()) for name in broker.scan_iter())


def test_a_flood_of_garbage_neither_fills_the_database_nor_stops_the_deliveries(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    broker.rpush("default", *(f"garbage {number}" for number in range(3_000)))
    with worker(tmp_path / "worker.log") as process:
        wait_for_deliveries(10 * SUBSCRIBERS, process.log)
        wait_for_silence(broker, process.log)
        assert_alive(process)
    assert refused().total() == 500
    assert "refused messages were not kept" in process.log.read_text()
    assert process.log.read_text().count("refused messages were not kept") < 5
    assert_each_parcel_counted_once(10)


def test_what_is_refused_while_the_database_is_away_is_kept_until_it_is_back(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    broker.delete("default", "calls")
    with worker(tmp_path / "worker.log") as process, connected_to_another_database() as run:
        run("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        broker.lpush("default", *(f"garbage {number}" for number in range(20)))  # more than a worker may hold
        wait_until(lambda: broker.hlen("unacked") == 20, process.log.read_text)
        assert not refused()
        run("ALTER DATABASE {} ALLOW_CONNECTIONS true")
        wait_for_refused(20, process.log)
        broker.lpush("default", *waiting)
        wait_for_deliveries(30, process.log)
        wait_for_silence(broker, process.log)
        assert_alive(process)


@contextmanager
def connected_to_another_database() -> Iterator[Callable[[str], object]]:
    """A function that runs a statement about the database of the test, which PostgreSQL allows from outside only."""
    name = Identifier(str(connection.settings_dict["NAME"]))
    url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{url}/postgres", autocommit=True) as other:
        try:
            yield lambda statement: other.execute(SQL(statement).format(name))
        finally:
            other.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_a_genuine_message_that_cannot_be_run_ends_as_a_dead_letter(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    message = json.loads(message_of(waiting, "parcels.count"))
    task_id = message["headers"]["id"]
    broker.delete("default")
    unknown = task_id.replace("parcels.count", "parcels.gone")
    current_app.send_task("parcels.gone", args=json.loads(b64decode(message["body"]))[0], task_id=unknown)
    current_app.send_task("chores.gone", task_id="gone")
    with current_app.producer_pool.acquire(block=True) as producer:
        headers = {"task": "parcels.count", "id": task_id}
        producer.publish([1, 2], routing_key="default", headers=headers, retry=True)
    with worker(tmp_path / "worker.log") as process:
        wait_until(lambda: TaskResult.objects.count() == 3, process.log.read_text)
        wait_for_silence(broker, process.log)
        assert_alive(process)
    errors = {row.task_id: json.loads(row.result)["exc_type"] for row in TaskResult.objects.all()}
    assert errors == {unknown: "UnknownSubscriber", "gone": "NotRegistered", task_id: "MessageMisshapen"}
    dead = Delivery.objects.filter(outcome=Outcome.DEAD).values_list("subscriber", flat=True)
    assert set(dead) == {"parcels.gone", "parcels.count"}


def test_time_limits_that_are_none_end_no_worker_whose_processes_are_all_busy(
    ledger: None, broker: Redis, tmp_path: Path
) -> None:
    for number in range(4):  # as many as the worker's processes have in hand and next
        current_app.send_task("chores.sweep", args=(number, 0.5))
    genuine = broker.lindex("default", 0)
    for number, limits in enumerate(["none", [1], [1, 2, 3], [None, "soon"], [-1, None], {"hard": 1}, 5]):
        broker.lpush("default", signed(genuine, id=f"odd-{number}", timelimit=limits))
    with worker(tmp_path / "worker.log", *CHORES) as process:
        wait_for_silence(broker, process.log)
        assert_alive(process)
    assert {row.task_id for row in TaskResult.objects.all()} == {f"odd-{number}" for number in range(7)}
    assert len(ledger_of("chores.sweep")) == 4


def test_messages_outlive_a_change_of_the_key_while_the_old_one_verifies(
    waiting: list[bytes], broker: Redis, tmp_path: Path
) -> None:
    old, new = "only-for-tests-" + "x" * 50, "a key that is new and thirty-two letters long"
    with worker(tmp_path / "worker.log", SIGNING_KEYS=f"{new},{new}2", SECRET_KEY=old) as process:
        wait_for_refused(40, process.log)
        assert_alive(process)
    assert refused() == {"MessageForged": 40}  # the old key is not among them
    assert not Delivery.objects.exists()
    broker.lpush("default", *waiting)
    environment = {"SECRET_KEY": new, "SECRET_KEY_FALLBACKS": old}
    with worker(tmp_path / "later.log", **environment) as process:
        wait_until(lambda: Delivery.objects.count() == 30, process.log.read_text)
    assert refused() == {"MessageForged": 40}


@pytest.mark.parametrize("sent_at", [1.0, 4_000_000_000.0])
def test_no_clock_is_wrong_enough_to_refuse_a_delivery(
    waiting: list[bytes], broker: Redis, tmp_path: Path, sent_at: float
) -> None:
    broker.delete("default")
    broker.rpush("default", *(signed(one, sent_at=sent_at) for one in waiting))
    with worker(tmp_path / "worker.log") as process:
        wait_for_deliveries(10 * SUBSCRIBERS, process.log)
    assert_each_parcel_counted_once(10)
    assert not TaskResult.objects.exists()
