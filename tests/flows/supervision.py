"""A worker under our supervisor, as in a container, and what it says about itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from events.worker_status import WorkerStatus, statuses_in
from tests.flows.processes import Process, wait_until

#: Impatient, so that the tests need not be patient.
LIMITS = {"WORKER_STARVING_SECONDS": "3", "WORKER_STALE_SECONDS": "6", "WORKER_DRAIN_SECONDS": "2"}


@contextmanager
def supervised(log: Path, directory: Path, **environment: str) -> Iterator[Process]:
    """A worker that is consuming, and writes its status into the directory."""
    own = {"DATA_DIR": str(log.parent), "WORKER_STATUS_DIRECTORY": str(directory)}
    process = Process(["-m", "config.worker"], log, LIMITS | own | environment)
    try:
        wait_until(lambda: bool(list(statuses_in(directory))), log.read_text)
        yield process
        assert process.stop() == 0
    finally:
        if process.popen.poll() is None:
            for child in psutil.Process(process.popen.pid).children(recursive=True):
                child.send_signal(signal.SIGKILL)
        process.kill()


def parent_of(process: Process) -> psutil.Process:
    """The worker below the supervisor."""
    (parent,) = psutil.Process(process.popen.pid).children()
    return parent


def status_in(directory: Path) -> WorkerStatus:
    """Of the only worker."""
    (status,) = statuses_in(directory)
    return status


def probe(directory: Path) -> tuple[int, str]:
    """The health check of docker-compose.yml: its exit code, and what it says."""
    environment = os.environ | {"WORKER_STATUS_DIRECTORY": str(directory)}
    argv = [sys.executable, "-m", "config.probe", "worker"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.strip() + done.stderr
