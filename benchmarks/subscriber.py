"""How many tasks a second a worker runs: a subscriber with one INSERT, and a plain acks_late task with the same INSERT.

The subscriber's effect and its delivery row commit together, and a second delivery does nothing; the plain task runs
again. All messages wait in one queue, in blocks that take turns; one worker with two children drains it. A block's
speed is taken between the first and the last row that it writes, by the database's clock.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
from statistics import median

from celery import Task
from django.db import transaction
from django.db.models import Count, Max, Min

from benchmarks.arena import Laps, app, median_ratio
from benchmarks.events import CrateWeighed
from benchmarks.models import LedgerEntry
from benchmarks.tasks import write_row, write_row_atomically
from benchmarks.verdict import Verdict, show
from events.api import emit_many
from events.relay import drain

SUBSCRIBER, PLAIN, ATOMIC = "subscriber", "plain task, autocommit", "plain task, atomic"


def measure(quick: bool) -> list[Verdict]:
    """Tasks a second of each."""
    block, rounds = (200, 8) if quick else (200, 40)
    for lap in range(rounds + 1):  # the first round warms up
        turns = [SUBSCRIBER, PLAIN, ATOMIC]
        for writer in turns[lap % 3 :] + turns[: lap % 3]:
            _publish(writer, lap, block)
    with arena.worker():
        arena.wait_until(lambda: LedgerEntry.objects.count() == 3 * block * (rounds + 1))
    laps = _speeds()
    rows = [
        (name, f"{median(laps[name]):,.0f}", *(f"{median_ratio(laps, name, one):.2f} ×" for one in (PLAIN, ATOMIC)))
        for name in (SUBSCRIBER, PLAIN, ATOMIC)
    ]
    show("A worker with two children", ("one INSERT", "tasks/s", "of autocommit", "of atomic"), rows)
    return [
        Verdict(f"subscriber: tasks/s against a {PLAIN}", 0.9, median_ratio(laps, SUBSCRIBER, PLAIN), at_most=False),
        Verdict(f"subscriber: tasks/s against a {ATOMIC}", 0.9, median_ratio(laps, SUBSCRIBER, ATOMIC), at_most=False),
    ]


def _publish(writer: str, lap: int, count: int) -> None:
    if writer == SUBSCRIBER:
        with transaction.atomic():
            emit_many([CrateWeighed(crate_id=lap * count + number, lap=lap) for number in range(count)])
        drain()
    else:
        _apply(write_row if writer == PLAIN else write_row_atomically, lap, count)


def _apply(task: Task, lap: int, count: int) -> None:
    with app.producer_pool.acquire(block=True) as producer, producer.batch():
        for number in range(count):
            task.apply_async(args=[lap * count + number, lap], producer=producer)


def _speeds() -> Laps:
    """Tasks a second in each block but those of the warm-up."""
    blocks = LedgerEntry.objects.filter(lap__gt=0).values("writer", "lap").order_by("lap")
    laps: Laps = {}
    for block in blocks.annotate(rows=Count("id"), first=Min("written_at"), last=Max("written_at")):
        seconds = (block["last"] - block["first"]).total_seconds()
        laps.setdefault(block["writer"], []).append((block["rows"] - 1) / seconds)
    return laps


if __name__ == "__main__":
    arena.main(measure)
