"""Who has access to Redis but not to the key cannot command a worker; those who have it can."""

import json
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from django.conf import settings
from redis import Redis

from tests.flows.processes import Process, wait_until, worker
from tests.flows.test_edge import assert_alive, refused, wait_for_refused
from tests.servers import free_port


@pytest.fixture
def process(ledger: None, broker: Redis, tmp_path: Path) -> Iterator[Process]:
    with worker(tmp_path / "worker.log", "-n", "first@here") as process:
        yield process


def answer_to(ask: Callable[[], Any]) -> Any:
    """What comes back. A broadcast is not kept for a worker that is just connecting anew, so it is asked again."""
    found: list[Any] = []
    wait_until(lambda: bool(found.append(ask()) or found[-1]), lambda: "an answer")
    return found[-1]


def answers() -> list[dict[str, Any]]:
    """What workers answer to a genuine ping."""
    found: list[dict[str, Any]] = answer_to(lambda: current_app.control.ping(timeout=5, limit=1))
    return found


@contextmanager
def overheard(broker: Redis) -> Iterator[Callable[[], tuple[bytes, bytes]]]:
    """A function that waits for the next command on its way to the workers: its channel and its text."""
    with broker.pubsub(ignore_subscribe_messages=True) as ears:
        ears.psubscribe("*celery.pidbox")
        ears.get_message(timeout=5)

        def next_command() -> tuple[bytes, bytes]:
            heard: list[Any] = []
            wait_until(lambda: bool(heard.append(ears.get_message(timeout=1)) or heard[-1]))
            return heard[-1]["channel"], heard[-1]["data"]

        yield next_command


def commanding(text: bytes, **changes: object) -> bytes:
    """A command with another content."""
    envelope = json.loads(text)
    command = json.loads(b64decode(envelope["body"])) | changes
    envelope["body"] = b64encode(json.dumps(command).encode()).decode()
    return json.dumps(envelope).encode()


def test_unsigned_commands_are_set_aside(process: Process, broker: Redis) -> None:
    stranger = Celery("stranger", broker=settings.REDIS_URL, set_as_current=False)
    stranger.conf.broker_connection_retry_on_startup = True
    for command in (stranger.control.shutdown, stranger.control.pool_shrink, stranger.control.heartbeat):
        command()
    stranger.control.revoke("some-task", terminate=True)
    stranger.control.rate_limit("parcels.count", "1/h")
    stranger.control.cancel_consumer("default")
    wait_for_refused(6, process.log)
    assert stranger.control.ping(timeout=0.5) == []
    stranger.close()
    assert refused().keys() == {"MessageUnsigned"}
    assert answers() == [{"first@here": {"ok": "pong"}}]
    (queues,) = answer_to(current_app.control.inspect(timeout=5, limit=1).active_queues).values()
    assert {queue["name"] for queue in queues} >= {"default", "calls"}
    assert_alive(process)


def test_a_command_that_was_overheard_can_be_neither_repeated_nor_changed(process: Process, broker: Redis) -> None:
    with overheard(broker) as next_command:
        assert answers()
        channel, genuine = next_command()
    for _ in range(10):
        broker.publish(channel, genuine)
    broker.publish(channel, commanding(genuine, method="shutdown"))
    wait_for_refused(2, process.log)
    assert refused() == {"MessageRepeated": 1, "MessageForged": 1}
    assert answers()
    assert_alive(process)


def test_a_shutdown_does_not_stop_the_next_worker_as_well(process: Process, broker: Redis, tmp_path: Path) -> None:
    with overheard(broker) as next_command:
        current_app.control.shutdown()
        channel, genuine = next_command()
    assert process.popen.wait(60) == 0
    with worker(tmp_path / "next.log", "-n", "second@here") as following:
        wait_until(lambda: broker.publish(channel, genuine) > 0, following.log.read_text)  # it listens a little later
        wait_for_refused(1, following.log)
        assert refused() == {"MessageOutdated": 1}
        assert_alive(following)


def test_commands_that_are_none_end_no_worker(process: Process, broker: Redis) -> None:
    with overheard(broker) as next_command:
        assert answers()
        channel, genuine = next_command()
    envelope = json.loads(genuine)
    garbage = [
        b"no JSON", b"[]", b"null", b"[" * 100_000, b"{}", b'{"properties": {}}', b"\xff\xfe",
        json.dumps(envelope | {"body": "a%b"}).encode(), json.dumps(envelope | {"headers": [1]}).encode(),
        json.dumps(envelope | {"content-type": "application/x-python-serialize"}).encode(),
        json.dumps(envelope | {"body": b64encode(b"[1]").decode()}).encode(),
        json.dumps(envelope | {"body": b64encode(b"no JSON").decode()}).encode(),
    ]  # fmt: skip
    for value in garbage:
        broker.publish(channel, value)
    wait_for_refused(len(garbage), process.log)
    assert answers()
    assert_alive(process)


def test_flower_sees_and_commands_the_worker(process: Process, broker: Redis, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    command = ["-m", "celery", "-A", "config", "flower", f"--port={port}", "--address=127.0.0.1"]
    flower = Process(command, tmp_path / "flower.log", {"FLOWER_UNAUTHENTICATED_API": "true"})
    try:
        wait_until(lambda: "first@here" in _asked(f"{address}/workers?refresh=1"), flower.log.read_text)
        (seen,) = json.loads(_asked(f"{address}/workers?refresh=1")).values()
        assert {queue["name"] for queue in seen["active_queues"]} >= {"default", "calls"}
        assert "parcels.count" in seen["registered"]
        _asked(f"{address}/worker/shutdown/first@here", data=b"")
        assert process.popen.wait(60) == 0
    finally:
        flower.kill()
    assert not refused()


def _asked(url: str, data: bytes | None = None) -> str:
    try:
        with urllib.request.urlopen(url, data, timeout=10) as response:
            return str(response.read().decode())
    except OSError:
        return ""
