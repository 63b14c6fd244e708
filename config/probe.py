"""Whether one process does its work: `python -m config.probe NAME` ends with code 0 or 1, for containers."""

import os
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import gettempdir

from psutil import pid_exists

LATE_SECONDS = 60
BEAT_SCHEDULE = Path(gettempdir()) / "beat"
BEAT_SAVES_WITHIN_SECONDS = 600


def web() -> bool:
    """Answers, with its database."""
    return _answers("http://localhost:8000/health/")


def flower() -> bool:
    """Answers."""
    return _answers("http://localhost:5555/healthcheck")


def simulated() -> bool:
    """Answers."""
    return _answers("http://localhost:5610/health")


def relay() -> bool:
    """Leaves nothing in the outbox that has long been due."""
    import django

    django.setup()
    from events.figures import oldest_due_seconds

    return oldest_due_seconds() < LATE_SECONDS


def worker() -> bool:
    """Runs, and takes work when work waits: judged by what the workers of this machine wrote down."""
    from django.conf import settings

    from events import worker_status

    directory = worker_status.status_directory(settings.EVENTS["worker_status_directory"])
    alive = [status for status in worker_status.statuses_in(directory) if pid_exists(status.pid)]
    verdicts = {status.node: worker_status.judge(status, time.monotonic()) for status in alive}
    print("\n".join(f"{node} {verdict}" for node, verdict in verdicts.items()) or f"no worker writes into {directory}")
    return bool(verdicts) and all(verdict.healthy for verdict in verdicts.values())


def beat() -> bool:
    """Saves its schedule every few minutes."""
    return any(_age_seconds(path) < BEAT_SAVES_WITHIN_SECONDS for path in BEAT_SCHEDULE.parent.glob("beat*"))


def main(name: str) -> bool:
    """Run the probe of that name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    return {probe.__name__: probe for probe in (web, flower, simulated, relay, worker, beat)}[name]()


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as response:
        return bool(response.status == 200)


def _age_seconds(path: Path) -> float:
    return time.time() - path.stat().st_mtime


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
