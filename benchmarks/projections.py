"""How fast a read model is made again from the log, and in how much memory; beside the `eventsourcing` library's.

Ours is a rebuild as operators run it: batches that commit with how far it is, and the swap at the end. The rival's is
its projection as its documentation has it, which commits event by event; because most of that is waiting for the disk,
it runs a second time without. Both read events of one size, four a stream, into one row a stream, in one database.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil
from django.db import connection

from benchmarks import rival_projection
from benchmarks.models import CrateStock
from benchmarks.verdict import Verdict, show
from events.api import Event, Fact, projection
from events.connections import database_now
from events.models import Rebuild
from events.projections.rebuilding import carry_on, start_rebuild

_FILL = """
INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, causation_id, actor,
                          traceparent, occurred_at)
SELECT id, 'crate-' || number / 4, 1 + number %% 4, 'crate.moved', 1,
       jsonb_build_object('crate_id', number / 4, 'customer_id', number / 4 %% 5000, 'number', 'BR-23456-789AB',
                          'units', 5),
       id, NULL, 'user:' || number %% 5000, '', now()
FROM (SELECT number, gen_random_uuid() AS id FROM generate_series(0, %s - 1) AS number) AS numbered
"""
_UPSERT = """
INSERT INTO benchmarks_cratestock (crate_id, customer_id, moves, units)
SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[]) AS new (crate_id, customer_id, moves, units)
ON CONFLICT (crate_id) DO UPDATE SET moves = benchmarks_cratestock.moves + excluded.moves,
                                     units = benchmarks_cratestock.units + excluded.units
"""


class CrateMoved(Event, name="crate.moved", stream="crate-{crate_id}"):
    """Units came into a crate, or went out of it."""

    crate_id: int
    customer_id: int
    number: str
    units: int


@projection(CrateMoved, name="crates.stock", models=[CrateStock])
def stock(facts: Sequence[Fact]) -> None:
    """One row for each crate, one statement for each batch."""
    crates: dict[int, list[int]] = {}
    for fact in facts:
        moved = fact.event
        assert isinstance(moved, CrateMoved)
        row = crates.setdefault(moved.crate_id, [moved.customer_id, 0, 0])
        row[1] += 1
        row[2] += moved.units
    customers, moves, units = zip(*crates.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(crates), list(customers), list(moves), list(units)])


@dataclass(frozen=True)
class _Lap:
    what: str
    events_per_second: float
    #: Of processor time, of this process and of the whole database server: what one core would do in a second.
    events_per_core_second: float
    #: Of this process, between the first tenth and the end.
    growth_mb: float = 0.0


def measure(quick: bool) -> list[Verdict]:
    """Events a second of each."""
    count, rival_count = (100_000, 2_000) if quick else (1_000_000, 10_000)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [count])
        cursor.execute("VACUUM ANALYZE events_event")
    ours = _rebuild(count)
    rivals = [
        _rival(rival_count, "on", f"eventsourcing's projection of {rival_count:,} events"),
        _rival(rival_count, "off", "the same, without waiting for the disk"),
    ]
    show(
        "Into a read model",
        ("", "events/s", "of ours", "events/s of one core", "of ours"),
        [_row(lap, ours) for lap in (ours, *rivals)],
        f"Memory: {ours.growth_mb:+.1f} MB between the first tenth of our rebuild and its end.",
    )
    one_core, best_rival = ours.events_per_core_second, max(lap.events_per_core_second for lap in rivals)
    return [
        Verdict("projections: rebuild, on one core", 20_000, one_core, at_most=False, unit="events/s"),
        Verdict("projections: memory that a rebuild gains", 20, ours.growth_mb, at_most=True, unit="MB"),
        Verdict("projections: one core against eventsourcing", 1, one_core / best_rival, at_most=False),
    ]


def _row(lap: _Lap, ours: _Lap) -> tuple[str, ...]:
    found = [lap.what]
    for rate, of_ours in (
        (lap.events_per_second, ours.events_per_second),
        (lap.events_per_core_second, ours.events_per_core_second),
    ):
        found += [f"{rate:,.0f}", f"{rate / of_ours:.3f} ×"]
    return tuple(found)


def _rebuild(count: int) -> _Lap:
    _write_out()
    process, early = psutil.Process(), 0
    began, busy = time.perf_counter(), _busy_seconds()
    rebuild = start_rebuild("crates.stock", reason="benchmark", owner="benchmark", now=database_now())
    while rebuild.state == Rebuild.State.RUNNING:
        carry_on(rebuild.pk, 0.5, database_now)
        rebuild.refresh_from_db()
        if not early and rebuild.applied_count >= count // 10:
            early = process.memory_info().rss
    seconds, busy = time.perf_counter() - began, _busy_seconds() - busy
    if rebuild.state != Rebuild.State.FINISHED or CrateStock.objects.count() != count // 4:
        raise RuntimeError(f"The rebuild is {rebuild.state}: {rebuild.state_reason}")
    growth_mb = (process.memory_info().rss - early) / 2**20
    return _Lap(f"our rebuild of {count:,} events", count / seconds, count / busy, growth_mb)


def _rival(count: int, synchronous_commit: str, what: str) -> _Lap:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS rival_stock, stock_tracking, crates_events")
        last = rival_projection.fill(count)
        cursor.execute(f"ALTER ROLE CURRENT_USER SET synchronous_commit = {synchronous_commit}")
    _write_out()
    began, busy = time.perf_counter(), _busy_seconds()
    rival_projection.project(last)
    seconds, busy = time.perf_counter() - began, _busy_seconds() - busy
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(moves) FROM rival_stock")
        if cursor.fetchone()[0] != count:
            raise RuntimeError("the rival's view is not complete")
    return _Lap(what, count / seconds, count / busy)


def _write_out() -> None:
    """What was written before is nobody's work now."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def _busy_seconds() -> float:
    """Of processor time so far: of this process, and of those of the database that are and that were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    assert server is not None
    ended = server.cpu_times()
    seconds = float(ended.children_user + ended.children_system)
    for process in (psutil.Process(), *server.children()):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            seconds += sum(process.cpu_times()[:2])
    return seconds


if __name__ == "__main__":
    arena.main(measure)
