"""The embedded PostgreSQL and Redis: real, durable, closed to others, and not impressed by crashes."""

import os
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.db import connection

from config import child, embedded
from tests.servers import free_port

PASSWORD = "with space / and @ and \" and '"


@pytest.fixture
def reachable_path(tmp_path: Path) -> Path:
    """A directory below which the account that runs PostgreSQL for root may go."""
    for directory in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        directory.chmod(0o711)
    return tmp_path


def processes_in(directory: Path) -> list[psutil.Process]:
    found = [p for p in psutil.process_iter(["cwd", "status"]) if p.info["status"] != psutil.STATUS_ZOMBIE]
    return [process for process in found if process.info["cwd"] == str(directory)]


def start(server: embedded.Postgres | embedded.Redis) -> subprocess.Popen[bytes]:
    process = child.start(server.command())
    assert child.wait_until(server.is_ready, embedded.START_SECONDS)
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.mark.django_db
def test_the_tests_run_on_a_real_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        assert cursor.fetchone()[0].startswith("PostgreSQL 18")


def test_redis_keeps_an_append_only_file_and_never_evicts(tmp_path: Path) -> None:
    with embedded.running(embedded.Redis(tmp_path / "redis", free_port(), PASSWORD)) as url:
        server = redis.Redis.from_url(url)
        settings = server.config_get("*")
        assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "everysec")
        assert settings["maxmemory-policy"] == "noeviction"
        server.close()


def test_redis_remembers_after_it_was_killed(tmp_path: Path) -> None:
    server = embedded.Redis(tmp_path / "redis", free_port(), PASSWORD)
    process = start(server)
    with redis.Redis.from_url(server.url) as client:
        client.set("promise", "kept")
    kill(process)
    with embedded.running(server) as url, redis.Redis.from_url(url) as client:
        assert client.get("promise") == b"kept"


def test_neither_server_lets_anybody_in_without_the_password(reachable_path: Path) -> None:
    store = embedded.Redis(reachable_path / "redis", free_port(), PASSWORD)
    database = embedded.Postgres(reachable_path / "postgres", free_port(), PASSWORD, durable=False)
    with embedded.running(store), embedded.running(database):
        with redis.Redis(port=store.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgres://postgres:guess@127.0.0.1:{database.port}/backroom")
        listening = {c.laddr.ip for c in psutil.net_connections("tcp") if c.laddr.port in (store.port, database.port)}
        assert listening == {"127.0.0.1"}


def test_postgresql_starts_again_after_it_was_killed_and_left_its_pid_file(reachable_path: Path) -> None:
    server = embedded.Postgres(reachable_path / "postgres", free_port(), PASSWORD)
    kill(start(server))
    pid_file = server.directory / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(pid_file.read_text().split()[0], str(os.getpid()), 1))
    with embedded.running(server) as url, psycopg.connect(url) as client:
        assert client.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')").fetchone() == (
            "on",
            "on",
        )


def test_a_server_whose_supervisor_was_killed_is_cleared_away(reachable_path: Path) -> None:
    server = embedded.Postgres(reachable_path / "postgres", free_port(), PASSWORD, durable=False)
    left_over = start(server)
    with embedded.running(server) as url, psycopg.connect(url) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    assert left_over.wait() == 0  # told to stop, not killed
    assert processes_in(server.directory) == []


def test_stopping_leaves_no_process(reachable_path: Path) -> None:
    server = embedded.Postgres(reachable_path / "postgres", free_port(), PASSWORD, durable=False)
    with embedded.running(server):
        assert processes_in(server.directory)
    assert processes_in(server.directory) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_may_keep_the_project_where_nobody_else_can_go(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = embedded.Postgres(closed / "data" / "postgres", free_port(), PASSWORD)
    with embedded.running(server) as url, psycopg.connect(url) as client:
        client.execute("CREATE TABLE written (here int)")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "data" / "postgres").stat().st_uid != 0


def test_a_port_in_use_is_an_error_with_the_servers_own_words(tmp_path: Path) -> None:
    with embedded.running(embedded.Redis(tmp_path / "one", free_port(), PASSWORD)) as url:
        port = int(url.rpartition(":")[2].split("/")[0])
        second = embedded.running(embedded.Redis(tmp_path / "two", port, "another"))
        with pytest.raises(embedded.ServerDidNotStart, match="Address already in use"):
            second.__enter__()
