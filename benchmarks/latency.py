"""How long after the commit a subscriber starts, at 20 events a second that come at random, as customers do.

A real relay process and a real worker process with two children. The rival is a plain Celery task sent with
delay_on_commit: same worker, same settings, same arrivals, in turn with ours. Both are timed from the moment after the
COMMIT, before anything else that happens on commit.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction

from benchmarks.arena import percentile
from benchmarks.events import CrateWeighed
from benchmarks.models import LedgerEntry
from benchmarks.tasks import write_row
from benchmarks.verdict import Verdict, show
from events.api import emit
from events.models import Delivery

RATE = 20
SUBSCRIBER, TASK = "subscriber", "plain task by delay_on_commit"

Send = Callable[[int], int]


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds from commit to start."""
    laps, lap_seconds = (2, 5) if quick else (6, 5)
    waits: dict[str, list[float]] = {SUBSCRIBER: [], TASK: []}
    with arena.relay(), arena.worker():
        _lap(_emit, _subscriber_starts, 0, 3)  # both children connect to the database
        _lap(_delay, _task_starts, 0, 3)
        for lap in range(1, laps + 1):
            waits[SUBSCRIBER] += _lap(_emit, _subscriber_starts, lap, lap_seconds)
            waits[TASK] += _lap(_delay, _task_starts, lap, lap_seconds)
    rows = [
        (name, str(len(times)), *(f"{percentile(times, percent):.1f}" for percent in (50, 95, 99)), f"{max(times):.1f}")
        for name, times in waits.items()
    ]
    show(f"Commit to start, {RATE} a second, ms", ("", "events", "p50", "p95", "p99", "longest"), rows)
    return [
        Verdict("latency: commit to subscriber start, p50", 15, percentile(waits[SUBSCRIBER], 50), True, "ms"),
        Verdict("latency: commit to subscriber start, p99", 100, percentile(waits[SUBSCRIBER], 99), True, "ms"),
    ]


def _lap(send: Send, starts: Callable[[], dict[int, datetime]], lap: int, seconds: float) -> list[float]:
    """Send at random instants for so long, and the waits in milliseconds."""
    arrivals = random.Random(lap)
    committed_at: dict[int, datetime] = {}
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        time.sleep(max(0, due - time.perf_counter()))
        key, instant = _send(send)
        committed_at[key] = instant
        due += arrivals.expovariate(RATE)
    arena.wait_until(lambda: committed_at.keys() <= starts().keys())
    started_at = starts()
    return [(started_at[key] - instant).total_seconds() * 1000 for key, instant in committed_at.items()]


def _send(send: Send) -> tuple[int, datetime]:
    committed_at: list[datetime] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed_at.append(datetime.now(UTC)))
        key = send(next(_crates))
    return key, committed_at[0]


def _emit(crate_id: int) -> int:
    return emit(CrateWeighed(crate_id=crate_id)).position


def _subscriber_starts() -> dict[int, datetime]:
    return dict(Delivery.objects.values_list("event_id", "started_at"))


def _delay(crate_id: int) -> int:
    write_row.delay_on_commit(crate_id)
    return crate_id


def _task_starts() -> dict[int, datetime]:
    return dict(LedgerEntry.objects.filter(writer__startswith="plain").values_list("crate_id", "started_at"))


_crates = iter(range(1, 1_000_000_000))

if __name__ == "__main__":
    arena.main(measure)
