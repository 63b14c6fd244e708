"""Real relays and workers, as processes of their own on the test's database and Redis."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

PATIENCE_SECONDS = 90


class Process:
    """A running process of the platform; its output is in `log`."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, *command],
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=_environment() | environment,
            )

    def wait_for(self, words: str) -> None:
        """Wait until its output has these words."""
        wait_until(lambda: words in self.log.read_text(), lambda: f"{words!r} in:\n{self.log.read_text()}")

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """SIGKILL for it and all its children."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(PATIENCE_SECONDS)


@contextmanager
def relay(log: Path, **environment: str) -> Iterator[Process]:
    """A relay that is publishing."""
    with _started(["manage.py", "relay"], log, environment) as process:
        process.wait_for("publishing")
        yield process


@contextmanager
def worker(log: Path, *options: str, **environment: str) -> Iterator[Process]:
    """A worker that is consuming."""
    command = ["-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "INFO"]
    with _started([*command, "--without-gossip", "--without-mingle", *options], log, environment) as process:
        process.wait_for(" ready.")
        yield process


@contextmanager
def _started(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[Process]:
    process = Process(command, log, environment)
    try:
        yield process
    finally:
        process.kill()


def _environment() -> dict[str, str]:
    url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    database = f"{url}/{connection.settings_dict['NAME']}"
    return os.environ | {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "tests.flows.settings",
        "EVENTS_TRANSPORT": "celery",
    }


def wait_until(condition: Callable[[], bool], describe: Callable[[], str] = lambda: "the condition") -> None:
    """Wait for a condition, with patience; fail with a description."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_SECONDS} s for {describe()}")
        time.sleep(0.02)
