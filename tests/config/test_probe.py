"""The health check of a worker, for containers and for Kubernetes."""

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from config.options import Options
from config.worker import command
from events import worker_status
from events.worker_status import WorkerStatus
from tests.flows.supervision import probe


def status(**changes: object) -> WorkerStatus:
    well = WorkerStatus("worker@here", os.getpid(), time.monotonic(), 0.0, None, 10, 2, 2, 8, ["default"], 30.0, 20.0)
    return dataclasses.replace(well, **changes)


def test_a_worker_that_works_is_healthy(tmp_path: Path) -> None:
    worker_status.write(tmp_path, status())
    assert probe(tmp_path) == (0, "worker@here works")


def test_a_worker_that_takes_nothing_is_not(tmp_path: Path) -> None:
    worker_status.write(tmp_path, status(starving_seconds=31.0))
    assert probe(tmp_path) == (1, "worker@here has taken nothing for 31 s although work waits")


def test_one_that_froze_is_not(tmp_path: Path) -> None:
    worker_status.write(tmp_path, status(starving_limit_seconds=30.0, at=time.monotonic() - 25))
    code, words = probe(tmp_path)
    assert code == 1
    assert "has given no sign of life for 2" in words


def test_where_no_worker_lives_nothing_is_healthy(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    worker_status.write(tmp_path, status(pid=ended.pid))
    assert probe(tmp_path) == (1, f"no worker writes into {tmp_path}")


def test_a_supervisor_looks_where_a_worker_writes_when_nobody_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    directory = worker_status.status_directory("")
    worker_status.make_private(directory)
    worker_status.write(directory, status(starving_seconds=31.0))
    assert "has taken nothing" in command(Options()).complaint(os.getpid())
