"""A private PostgreSQL and Redis, and simulated services of its own, for one test session, in a temporary directory.

`tests/provided.py` calls `provide` before the settings are read. DATABASE_URL and REDIS_URL that are already set are
honoured. Each process of pytest-xdist has its own: in one PostgreSQL, transactions of the one would hold the horizon of
the other.
"""

import atexit
import dataclasses
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from config import child, embedded, processes

TEST_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": "",  # a developer's own .env must not change what is tested
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "HTTPS": "false",
    "STATIC_HASHED": "false",
    "EVENTS_TRANSPORT": "inline",
    "RELAY_WAKE_URL": "",
    "PAYMENT_WEBHOOK_SECRET": "payment-secret-of-the-tests",
    "WAREHOUSE_SECRET": "warehouse-secret-of-the-tests",
    "CARRIER_SECRET": "carrier-secret-of-the-tests",
    "AFFILIATE_SECRET": "affiliate-secret-of-the-tests",
    # Who tests what the shop tells others connects them: f"{settings.SIMULATED_URL}/warehouse".
    "WAREHOUSE_URL": "",
    "CARRIER_URL": "",
    "CRM_URL": "",
    "AFFILIATE_URL": "",
    "CHAT_URL": "",
}


#: Which addresses in the environment are of servers that a process of the tests started.
STARTED = "TEST_SERVERS_STARTED"


def provide() -> None:
    """Set the environment of the tests, and start what it does not already name."""
    os.environ.update(TEST_ENVIRONMENT)
    _make_directories()
    for inherited in os.environ.pop(STARTED, "").split():
        del os.environ[inherited]
    if not {"DATABASE_URL", "REDIS_URL", "SIMULATED_URL"} <= os.environ.keys():
        _start_servers()
    _use_own_redis_database(os.environ.get("PYTEST_XDIST_WORKER", ""))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_directories() -> None:
    """Uploads and static files of the tests stay in the tests."""
    directory = Path(tempfile.mkdtemp(prefix="backroom-files-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    for name in ("STATIC_ROOT", "MEDIA_ROOT"):
        os.environ[name] = str(directory / name.lower())
        Path(os.environ[name]).mkdir()


def _start_servers() -> None:
    directory = Path(tempfile.mkdtemp(prefix="backroom-tests-"))
    directory.chmod(0o711)  # as root, PostgreSQL runs as another account and must get through
    stack = ExitStack()
    atexit.register(stack.close)
    stack.callback(shutil.rmtree, directory, ignore_errors=True)
    os.environ[STARTED] = " ".join({"DATABASE_URL", "REDIS_URL", "SIMULATED_URL"} - os.environ.keys())
    await_simulated = _start_simulated(directory, stack) if "SIMULATED_URL" not in os.environ else lambda: None
    if "DATABASE_URL" not in os.environ:
        postgres = embedded.Postgres(directory / "postgres", free_port(), secrets.token_urlsafe(16), durable=False)
        os.environ["DATABASE_URL"] = stack.enter_context(embedded.running(postgres))
        _stop_autovacuum(os.environ["DATABASE_URL"])
    if "REDIS_URL" not in os.environ:
        redis = embedded.Redis(directory / "redis", free_port(), secrets.token_urlsafe(16))
        os.environ["REDIS_URL"] = stack.enter_context(embedded.running(redis))
    await_simulated()


def _start_simulated(directory: Path, stack: ExitStack) -> Callable[[], None]:
    """Start the simulated services; they come up while the databases do, and the returned function waits for them."""
    port = free_port()
    command = dataclasses.replace(
        processes.simulated(port, directory / "simulated", "http://127.0.0.1:9"), log=directory / "simulated.log"
    )
    process = child.start(command)
    stack.callback(child.stop, process, command)
    os.environ["SIMULATED_URL"] = f"http://127.0.0.1:{port}"

    def wait() -> None:
        child.wait_until(lambda: process.poll() is not None or command.is_ready(), embedded.START_SECONDS)
        assert process.poll() is None, child.last_words(command)

    return wait


def _stop_autovacuum(url: str) -> None:
    """Its transactions hold the horizon for moments, and tests of the horizon look once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


def _use_own_redis_database(xdist_worker: str) -> None:
    if xdist_worker:
        address, _, _ = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{address}/{int(xdist_worker.removeprefix('gw')) + 1}"
