"""A world of its own for each kind of platform: servers, a network between them, processes, and a stall that sells."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

from config import child
from config.embedded import Redis
from events.worker_status import complaint_about
from tests.chaos.effects import TABLES
from tests.chaos.machines import ChaosPostgres, Member, Server
from tests.chaos.proxy import Proxy
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
TICK_SECONDS = 0.05
VISIBILITY_SECONDS = 12
DRAIN_SECONDS, STARVING_SECONDS, STALE_SECONDS = 5, 4, 8
WORKER = ("worker", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle")


class World:
    """Everything that a fault can get its hands on. One thread: all waiting is done by `wait`, which tends the crew."""

    def __init__(self, kind: str = "backroom", *, quick: bool = True) -> None:
        self.kind, self.quick = kind, quick
        self.directory = Path(tempfile.mkdtemp(prefix=f"chaos-{kind}-"))
        self.directory.chmod(0o711)  # as root, PostgreSQL runs as another account and must get through
        for name in ("orders", "logs", "early"):
            (self.directory / name).mkdir()
        (self.directory / "calls").touch()
        self.postgres = Server(
            ChaosPostgres(self.directory / "postgres", free_port(), secrets.token_hex(8), durable=False)
        )
        self.redis = Server(Redis(self.directory / "redis", free_port(), secrets.token_hex(8)))
        self.network = Proxy(self.redis.server.port)
        self.broker = redis.Redis.from_url(self.redis.server.url, socket_timeout=60)
        self._database: psycopg.Connection[Any] | None = None
        self._prepare()
        self.crew: dict[str, Member] = {}
        self._hire()

    @property
    def is_backroom(self) -> bool:
        """Whether this is our platform and not the rival."""
        return self.kind == "backroom"

    @property
    def worker(self) -> Member:
        """The first worker."""
        return self.crew["worker"]

    @property
    def relay(self) -> Member:
        """The first relay."""
        return self.crew["relay"]

    @property
    def web(self) -> Member:
        """Who sells."""
        return self.crew["web"]

    def hire(self, name: str, argv: tuple[str, ...], **env: str) -> Member:
        """Start one more process, or another one under the same name. Workers of ours tell how they are."""
        is_watched = self.is_backroom and argv[-len(WORKER) - 1 : -1] == WORKER
        if name in self.crew:
            self.crew[name].rest()
        command = child.Command(
            name=name,
            argv=(sys.executable, *argv),
            env=self.environment() | env,
            directory=ROOT,
            stop_seconds=DRAIN_SECONDS * 3,
            complaint=self._complaint if is_watched else lambda _pid: "",
        )
        self.crew[name] = Member(command, self.directory / "logs")
        self.crew[name].start()
        return self.crew[name]

    def _complaint(self, pid: int) -> str:
        return complaint_about(self.directory / "status", pid, time.monotonic())

    def dismiss(self, name: str) -> None:
        """End a process, and forget it."""
        self.crew.pop(name).rest()

    def hire_relay(self, name: str = "relay", **env: str) -> Member:
        """A relay."""
        return self.hire(name, ("manage.py", "relay"), **env)

    def hire_worker(self, name: str = "worker", **env: str) -> Member:
        """A worker with two children."""
        return self.hire(name, ("-m", "celery", "-A", self._app, *WORKER, f"--hostname={name}@%h"), **env)

    def run(self, *argv: str, check: bool = True) -> str:
        """Run a program in this world to its end; what it printed. Raises CalledProcessError if it fails."""
        env = os.environ | self.environment()
        done = subprocess.run(
            [sys.executable, *argv], cwd=ROOT, env=env, check=check, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    def hire_beat(self, name: str) -> Member:
        """A beat with a schedule of its own."""
        schedule = f"--schedule={self.directory / name}"
        return self.hire(name, ("-m", "celery", "-A", self._app, "beat", "--pidfile=", schedule))

    def environment(self) -> Mapping[str, str]:
        """What the processes are told."""
        broker = self.redis.server
        return {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings" if self.is_backroom else "tests.chaos.plain_settings",
            "PYTHONPATH": str(ROOT),
            "CHAOS_DIRECTORY": str(self.directory),
            "DATA_DIR": str(self.directory),
            "DATABASE_URL": self.postgres.server.url,
            "REDIS_URL": broker.url.replace(f":{broker.port}/", f":{self.network.port}/"),
            "EVENTS_TRANSPORT": "celery",
            "RELAY_WAKE_URL": f"udp://127.0.0.1:{self._wake_port}",
            "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS),
            "WORKER_STATUS_DIRECTORY": str(self.directory / "status"),
            "WORKER_DRAIN_SECONDS": str(DRAIN_SECONDS),
            "WORKER_STARVING_SECONDS": str(STARVING_SECONDS),
            "WORKER_STALE_SECONDS": str(STALE_SECONDS),
            "ENV_FILE": "",
            "SECRET_KEY": "only-for-chaos-" + "x" * 50,
            "HTTPS": "false",
        }

    def sql(self, statement: str, *values: object, **named: object) -> list[tuple[Any, ...]]:
        """All rows of the answer. A connection that a fault has closed is opened anew."""
        for last_try in (False, True):
            try:
                if self._database is None:
                    self._database = psycopg.connect(self.postgres.server.url, autocommit=True)
                cursor = self._database.execute(statement, named or values)
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                self._close_database()
                if last_try:
                    raise
        raise AssertionError

    def seconds(self, full: float, quick: float) -> float:
        """How long a fault lasts."""
        return quick if self.quick else full

    def wait(self, condition: Callable[[], bool], seconds: float = 150) -> bool:
        """Whether the condition became true in time; meanwhile those who died are started again."""
        deadline = time.monotonic() + seconds
        while True:
            asked_at = time.monotonic()
            if condition():
                return True
            if time.monotonic() > deadline:
                return False
            self.pause(max(TICK_SECONDS, 10 * (time.monotonic() - asked_at)))  # a question may be costly

    def pause(self, seconds: float) -> None:
        """Let time pass; whoever dies meanwhile is started again."""
        deadline = time.monotonic() + seconds
        while True:
            for member in list(self.crew.values()):
                member.tend()
            if time.monotonic() >= deadline:
                return
            time.sleep(min(TICK_SECONDS, max(0.0, deadline - time.monotonic())))

    def order(self, point: str, what: str) -> Path:
        """Have the first process that reaches a failpoint do something, once."""
        order = self.directory / "orders" / point
        written = order.with_name(f"{point}.new")
        written.write_text(what)
        written.rename(order)
        return order

    def last_words(self) -> str:
        """The end of what everybody had to say."""
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in self._logs())

    def _logs(self) -> list[Path]:
        return sorted((self.directory / "logs").iterdir())

    def close(self) -> None:
        """End everything and leave nothing."""
        for member in self.crew.values():
            member.resting = True
            member.kill()
        self._close_database()
        self.broker.close()
        self.network.close()
        for server in (self.redis, self.postgres):
            server.thaw()
            server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _app(self) -> str:
        return "config" if self.is_backroom else "tests.chaos.plain"

    def _prepare(self) -> None:
        self._wake_port = free_port()
        self.run("manage.py", "migrate", "--verbosity=0")
        self.sql(TABLES)

    def _hire(self) -> None:
        if self.is_backroom:
            self.hire_relay()
        self.hire_worker()
        self.hire("web", ("-m", "tests.chaos.web"))
        assert self.wait(lambda: self.worker.says("ready.") and self.web.says("open"))

    def _close_database(self) -> None:
        if self._database is not None:
            with suppress(psycopg.Error):
                self._database.close()
            self._database = None
