"""What a worker writes down about itself, and what that says about its health. Plain files and arithmetic.

A supervisor or a probe that is no Django process reads it too. Instants are of the machine's monotonic clock, which all
its processes share and nobody sets.
"""

import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

#: The event loop itself stores the dead letters of lost processes, and waits some 20 s for a database that restarts.
LOOP_PATIENCE = 3
#: A worker that has written nothing for so long hangs before it has begun.
STARTING_SECONDS = 60.0


class DirectoryNotPrivate(RuntimeError):
    """The directory belongs to somebody else."""


@dataclass(frozen=True)
class WorkerStatus:
    """A worker at one moment."""

    node: str
    pid: int
    #: When it was written.
    at: float
    #: For how long its event loop has given no sign of life, although it should.
    silent_seconds: float
    #: For how long it has taken nothing although work waits and it has room; None when that is not so.
    starving_seconds: float | None
    #: Messages it has received, those that it holds, those that run, and how many it may hold (0: any number).
    received: int
    reserved: int
    active: int
    limit: int
    queues: list[str]
    #: What its settings call too long.
    starving_limit_seconds: float
    stale_limit_seconds: float


@dataclass(frozen=True)
class Verdict:
    """Whether a worker does its work. `state` is "healthy", "starving" or "stale"; the latter two for `seconds`."""

    state: str
    seconds: float = 0

    @property
    def healthy(self) -> bool:
        """Whether it can be left alone."""
        return self.state == "healthy"

    def __str__(self) -> str:
        if self.state == "starving":
            return f"has taken nothing for {self.seconds:.0f} s although work waits"
        return f"has given no sign of life for {self.seconds:.0f} s" if self.state == "stale" else "works"


def judge(status: WorkerStatus, now: float) -> Verdict:
    """What the status means at `now`. One from the future was written before the machine was last started."""
    age_seconds = now - status.at if now >= status.at else now
    if age_seconds > status.stale_limit_seconds:
        return Verdict("stale", age_seconds)
    if status.silent_seconds > LOOP_PATIENCE * status.stale_limit_seconds:
        return Verdict("stale", status.silent_seconds)
    if (status.starving_seconds or 0) > status.starving_limit_seconds:
        return Verdict("starving", status.starving_seconds or 0)
    return Verdict("healthy")


def status_directory(configured: str) -> Path:
    """The directory of the status files: the configured one, or one of this user's own beside other temporary files."""
    return Path(configured or f"{tempfile.gettempdir()}/backroom-workers-{os.geteuid()}")


def make_private(directory: Path) -> None:
    """Make it for this user alone. Raises DirectoryNotPrivate if it is somebody else's, or others may write to it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise DirectoryNotPrivate(
            f"{directory} is no directory that only you may write to; set WORKER_STATUS_DIRECTORY to one"
        )


def write(directory: Path, status: WorkerStatus) -> None:
    """Replace the worker's file at once, so that nobody ever reads half of it."""
    new = directory / f"{_file_name(status.node)}.{status.pid}.new"
    new.write_text(json.dumps(asdict(status)))
    new.replace(directory / _file_name(status.node))


def remove(directory: Path, node: str) -> None:
    """The worker is no more."""
    (directory / _file_name(node)).unlink(missing_ok=True)


def statuses_in(directory: Path) -> Iterator[WorkerStatus]:
    """What the workers of this machine wrote, also those that did not live to remove it."""
    for file in sorted(directory.glob("*.json")):
        with suppress(OSError, ValueError, TypeError):  # gone meanwhile, or of another version
            yield WorkerStatus(**json.loads(file.read_text()))


def complaint_about(directory: Path, pid: int, now: float) -> str:
    """What is wrong with the worker of that process; empty when nothing is, or nothing is known yet."""
    verdicts = [judge(status, now) for status in statuses_in(directory) if status.pid == pid]
    if not verdicts and (age_seconds := _age_seconds(pid)) > STARTING_SECONDS:
        return f"has not begun to work in {age_seconds:.0f} s"
    return next((str(verdict) for verdict in verdicts if not verdict.healthy), "")


def _age_seconds(pid: int) -> float:
    try:
        return time.time() - float(psutil.Process(pid).create_time())
    except psutil.Error:  # it has just ended
        return 0.0


def _file_name(node: str) -> str:
    return f"{quote(node, safe='@')}.json"
