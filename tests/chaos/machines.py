"""What can be broken: servers, and processes that are started again when they die."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil

from config import child
from config.embedded import START_SECONDS, Postgres, Redis, ServerDidNotStart

RESTART_SECONDS = 0.5


class ChaosPostgres(Postgres):
    """What it has committed outlives its process, although not a power cut; and deadlocks are noticed soon."""

    def _options(self) -> dict[str, object]:
        return super()._options() | {"synchronous_commit": "on", "deadlock_timeout": "100ms"}


class Server:
    """PostgreSQL or Redis; it stays dead until it is started again."""

    def __init__(self, server: Postgres | Redis) -> None:
        self.server = server
        self.start()

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises ServerDidNotStart."""
        command = self.server.command()
        self._process = child.start(command)
        if not child.wait_until(self.server.is_ready, START_SECONDS):
            raise ServerDidNotStart(child.last_words(command))

    def kill(self) -> None:
        """SIGKILL, for it and all its children."""
        child.kill_group(self._process)

    def stop(self) -> None:
        """Let it end in order."""
        child.stop(self._process, self.server.command())

    def freeze(self) -> None:
        """SIGSTOP."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT)


class Member:
    """A process of the platform. `tend` starts it again after it died, as any supervisor would, and stops it when its
    command has a complaint about it, as ours does."""

    def __init__(self, command: child.Command, directory: Path) -> None:
        self._command = command
        self._directory = directory
        self._dead_since: float | None = None
        self._ill_since: float | None = None
        self.lives = self.cures = 0
        self.resting = True
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and keep it running from now on."""
        self.resting, self._dead_since, self._ill_since = False, None, None
        self.lives += 1
        self._process = child.start(replace(self._command, log=self.log))

    @property
    def log(self) -> Path:
        """The output of its present life."""
        return self._directory / f"{self._command.name}.{self.lives}.log"

    def says(self, words: str) -> bool:
        """Whether its output has these words."""
        return words in self.log.read_text(errors="replace")

    def tend(self) -> None:
        """Start it again some time after it died, and end it when it is ill."""
        if self.resting:
            return
        if self.is_alive():
            self._cure()
            return
        self._dead_since = self._dead_since or time.monotonic()
        if time.monotonic() > self._dead_since + RESTART_SECONDS:
            self.start()

    def _cure(self) -> None:
        now = time.monotonic()
        if self._ill_since and now > self._ill_since + self._command.stop_seconds:
            self.kill()
        elif self._process and not self._ill_since and self._command.complaint(self._process.pid):
            self.cures += 1
            self._ill_since = now
            self.send(self._command.stop_signal)

    def is_alive(self) -> bool:
        """Whether the process is there; a zombie is not."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL for it and its children, as when the machine goes dark."""
        if self._process:
            child.kill_group(self._process)

    def send(self, number: signal.Signals) -> None:
        """A signal for the process alone."""
        if self._process and self.is_alive():
            self._process.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        """A signal for the process and its children."""
        if self._process and self.is_alive():
            os.killpg(self._process.pid, number)

    def children(self) -> list[int]:
        """The processes of its pool."""
        with suppress(psutil.NoSuchProcess):
            if self._process:
                return [one.pid for one in psutil.Process(self._process.pid).children()]
        return []

    def rest(self) -> None:
        """End it in order, and do not start it again."""
        self.resting = True
        if self._process:
            self.send_to_all(signal.SIGCONT)
            child.stop(self._process, self._command)
