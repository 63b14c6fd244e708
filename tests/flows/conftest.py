"""A ledger for the parcels, and Redis without leftovers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings
from redis import Redis

from tests.flows.parcels import CREATE_LEDGER
from tests.servers import free_port


@pytest.fixture
def ledger(transactional_db: None) -> Iterator[None]:
    """The table that the subscribers write to."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_LEDGER)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_ledger")


@pytest.fixture
def broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """The broker, empty; what this process emits goes there by way of the relay that the test starts."""
    wake_url = f"udp://127.0.0.1:{free_port()}"
    monkeypatch.setenv("RELAY_WAKE_URL", wake_url)
    settings.EVENTS = settings.EVENTS | {"transport": "celery", "relay_wake_url": wake_url}
    redis = Redis.from_url(settings.REDIS_URL)
    redis.flushdb()
    yield redis
    redis.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a process writes."""
    return tmp_path / "process.log"
