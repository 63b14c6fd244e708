"""Whether one process does its work: `python -m config.probe NAME` ends with code 0 or 1, for containers."""

import os
import sys
import time
import urllib.request
from pathlib import Path
from socket import gethostname
from tempfile import gettempdir

LATE_SECONDS = 60
BEAT_SCHEDULE = Path(gettempdir()) / "beat"
BEAT_SAVES_WITHIN_SECONDS = 600


def web() -> bool:
    """Answers, with its database."""
    return _answers("http://localhost:8000/health/")


def flower() -> bool:
    """Answers."""
    return _answers("http://localhost:5555/healthcheck")


def relay() -> bool:
    """Leaves nothing in the outbox that has long been due."""
    import django

    django.setup()
    from events.figures import oldest_due_seconds

    return oldest_due_seconds() < LATE_SECONDS


def worker() -> bool:
    """Answers a ping through the broker."""
    from config.celery import app

    return bool(app.control.ping([f"worker@{gethostname()}"], timeout=5))


def beat() -> bool:
    """Saves its schedule every few minutes."""
    return any(_age_seconds(path) < BEAT_SAVES_WITHIN_SECONDS for path in BEAT_SCHEDULE.parent.glob("beat*"))


def main(name: str) -> bool:
    """Run the probe of that name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    return {probe.__name__: probe for probe in (web, flower, relay, worker, beat)}[name]()


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as response:
        return bool(response.status == 200)


def _age_seconds(path: Path) -> float:
    return time.time() - path.stat().st_mtime


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
