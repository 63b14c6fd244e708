"""Where the rivals meet: private servers, Django on them, laps in turn, medians, tables.

Importing this module decides the servers' addresses and sets Django up on them, so import it before anything that has
models; `main` starts the servers. PostgreSQL is durable: what it commits is on the disk.
"""

import argparse
import atexit
import json
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median

import django

from benchmarks.verdict import Verdict, show_verdicts
from config import child, embedded, processes


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


DIRECTORY = Path(tempfile.mkdtemp(prefix="backroom-benchmarks-"))
DIRECTORY.chmod(0o711)  # as root, PostgreSQL runs as another account and must get through
(DIRECTORY / "static").mkdir()  # or whitenoise warns
atexit.register(shutil.rmtree, DIRECTORY, ignore_errors=True)
_POSTGRES = embedded.Postgres(DIRECTORY / "postgres", free_port(), secrets.token_urlsafe(16))
_REDIS = embedded.Redis(DIRECTORY / "redis", free_port(), secrets.token_urlsafe(16))
_SIMULATED_PORT = free_port()
SIMULATED_URL = f"http://127.0.0.1:{_SIMULATED_PORT}"
_PATIENCE_SECONDS = 300.0

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    "ENV_FILE": "",
    "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
    "DEBUG": "false",
    "HTTPS": "false",
    "STATIC_HASHED": "false",
    "DATA_DIR": str(DIRECTORY),
    "LOG_LEVEL": "WARNING",
    "DATABASE_URL": _POSTGRES.url,
    "REDIS_URL": _REDIS.url,
    "EVENTS_TRANSPORT": "celery",
    "RELAY_WAKE_URL": f"udp://127.0.0.1:{free_port()}",
    "SIMULATED_URL": SIMULATED_URL,
    "THROTTLE_CHECKOUT": "0",
}
django.setup()
from config.celery import app  # noqa: E402 (Django comes first)


def main(measure: Callable[[bool], list[Verdict]]) -> None:
    """Run one benchmark from the command line; exits with 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first impression")
    parser.add_argument("--verdicts", type=Path, help="also write the verdicts into this file")
    options = parser.parse_args()
    with servers():
        verdicts = measure(options.quick)
    if options.verdicts:
        options.verdicts.write_text(json.dumps([asdict(verdict) for verdict in verdicts]))
    if verdicts:
        show_verdicts(verdicts)
    sys.exit(not all(verdict.kept for verdict in verdicts))


@contextmanager
def servers() -> Iterator[None]:
    """PostgreSQL with all tables, Redis, and the simulated payment provider, while the block runs."""
    from django.core.management import call_command
    from django.db import connections

    with ExitStack() as stack:
        stack.enter_context(embedded.running(_POSTGRES))
        stack.enter_context(embedded.running(_REDIS))
        stack.enter_context(_simulated())
        stack.callback(connections.close_all)
        stack.callback(app.pool.force_close_all)
        call_command("migrate", run_syncdb=True, verbosity=0)
        logging.disable(logging.INFO)
        yield


@contextmanager
def _simulated() -> Iterator[None]:
    """The simulated services, which charge the cards."""
    command = processes.simulated(_SIMULATED_PORT, DIRECTORY, "http://127.0.0.1:9")
    with _process("simulated", *command.argv[1:]):
        wait_until(command.is_ready)
        yield


@contextmanager
def web(settings: str, **environment: str) -> Iterator[str]:
    """A web server with two processes of sixteen threads each, under those settings; its address."""
    address = f"127.0.0.1:{free_port()}"
    threads = ("--worker-class=gthread", "--workers=2", "--threads=16", "--backlog=512", "--no-control-socket")
    command = child.Command(
        f"web-{address[-5:]}",
        (sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind={address}", *threads, "--log-level=warning"),
        env={"DJANGO_SETTINGS_MODULE": settings, **environment},
        is_ready=lambda: processes.answers(f"http://{address}/health/"),
        log=DIRECTORY / f"web-{address[-5:]}.log",
        stop_seconds=30,
    )
    with _running(command):
        yield f"http://{address}"


@contextmanager
def relay() -> Iterator[None]:
    """A relay process."""
    with _process("relay", "manage.py", "relay"):
        yield


@contextmanager
def worker() -> Iterator[None]:
    """A worker process with two children."""
    options = ("--pool", "prefork", "-c", "2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    with _process("worker", "-m", "celery", "-A", "config", "worker", *options):
        yield


@contextmanager
def _process(name: str, *arguments: str) -> Iterator[None]:
    with _running(child.Command(name, (sys.executable, *arguments), log=DIRECTORY / f"{name}.log", stop_seconds=30)):
        yield


@contextmanager
def _running(command: child.Command) -> Iterator[None]:
    process = child.start(command)
    try:
        wait_until(command.is_ready)
        yield
        if process.poll() is not None:
            raise RuntimeError(f"The {command.name} has ended:\n{child.last_words(command)}")
    finally:
        child.stop(process, command)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what must come; a RuntimeError when it does not."""
    if not child.wait_until(condition, _PATIENCE_SECONDS):
        logs = "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in DIRECTORY.glob("*.log"))
        raise RuntimeError(f"Waited {_PATIENCE_SECONDS} s in vain.\n{logs}")


Laps = dict[str, list[float]]


def take_turns(rivals: dict[str, Callable[[], float]], rounds: int, warm_up: int = 1) -> Laps:
    """Each rival's measurements, one a round. Everybody runs in every round, and who begins moves on each round."""
    names = list(rivals)
    laps: Laps = {name: [] for name in names}
    for number in range(-warm_up, rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            measured = rivals[name]()
            if number >= 0:
                laps[name].append(measured)
    return laps


def ratio_of_medians(laps: Laps, one: str, other: str) -> float:
    """For many short laps, such as requests."""
    return median(laps[one]) / median(laps[other])


def median_ratio(laps: Laps, one: str, other: str) -> float:
    """For few long laps: each is compared with its neighbour, which had the same weather."""
    return median(a / b for a, b in zip(laps[one], laps[other], strict=True))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
