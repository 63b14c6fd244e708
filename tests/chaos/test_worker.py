"""A worker outlives its servers."""

import secrets
import signal
import subprocess
from pathlib import Path

import pytest
from django.db import connection
from redis import Redis

from config import child, embedded
from events.models import Delivery
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import relay, wait_until, worker
from tests.servers import free_port


def test_a_worker_lives_on_when_the_database_drops_its_connections(ledger: None, broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "relay.log") as publishing, worker(tmp_path / "worker.log") as consuming:
        send(10)
        wait_for_deliveries(10 * SUBSCRIBERS, tmp_path / "worker.log")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        send(10, first=11)
        wait_for_deliveries(20 * SUBSCRIBERS, tmp_path / "worker.log", tmp_path / "relay.log")
        assert publishing.popen.poll() is None
        assert consuming.popen.poll() is None
    assert ledger_of("parcels.count") == [(number, 0, 1) for number in range(1, 21)]


def test_a_worker_lives_on_when_redis_is_killed_under_a_running_task(
    ledger: None, broker: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = embedded.Redis(tmp_path / "redis", free_port(), secrets.token_urlsafe(16))
    monkeypatch.setenv("REDIS_URL", redis.url)
    command = redis.command()
    server = _serve(redis, command)
    try:
        with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log") as consuming:
            send(1, "take a second")
            # What Redis has not yet written to its file dies with it, and only the log still knows: here that is
            # nothing but the running task.
            wait_for_deliveries(SUBSCRIBERS - 1, tmp_path / "worker.log")
            server.send_signal(signal.SIGKILL)
            server.wait()
            assert Delivery.objects.count() == SUBSCRIBERS - 1
            consuming.wait_for("Connection to broker lost")
            server = _serve(redis, command)
            send(10, first=2)
            wait_for_deliveries(11 * SUBSCRIBERS, tmp_path / "worker.log", tmp_path / "relay.log")
            assert consuming.popen.poll() is None
    finally:
        child.stop(server, command)
    assert ledger_of("parcels.slow") == [(number, 0, 1) for number in range(1, 12)]


def _serve(redis: embedded.Redis, command: child.Command) -> subprocess.Popen[bytes]:
    server = child.start(command)
    wait_until(redis.is_ready)
    return server
