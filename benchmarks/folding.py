"""What it takes to fold: all orders of a shop in one pass, single ones, and one stream that has become very long.

An order has eight events, from placed to refunded, and a state of sixteen fields. On the same events in the same
database: aggregates of the `eventsourcing` library, which its repository reads one by one, and the least that Python
can do, dictionaries that nobody validates. Orders a second are of one core: the processor time of this process and of
its server process together, so that who else is at work on the machine does not matter.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.db import connection, transaction

from benchmarks.arena import median_ratio, percentile
from benchmarks.trunks import LIFE, PLAIN_STEPS, Plain, Trunk, TrunkNoted, TrunkPlaced, Trunks, live
from benchmarks.verdict import Verdict, show
from events.api import fold_all, forget_snapshots, state_of
from events.models import Snapshot

FLOOR, ONE_PASS = "dictionaries, in one pass", "fold_all, in one pass"
ONE_BY_ONE, RIVAL = "state_of, one by one", "eventsourcing's repository, one by one"
#: The most that can follow the last snapshot of a stream that long.
LONG_COUNT = 9_999

_FILL = """
INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor, traceparent,
                          occurred_at)
SELECT uuidv7(), 'trunk-' || trunk, number, (%(names)s::text[])[number], 1,
       jsonb_set((%(payloads)s::jsonb[])[number], '{trunk_id}', to_jsonb(trunk)), uuidv7(), 'user:5', '',
       now() - make_interval(hours => 8 - number)
FROM generate_series(1, %(count)s) AS trunk, generate_series(1, 8) AS number
"""
_FILL_LONG = """
INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor, traceparent,
                          occurred_at)
SELECT uuidv7(), 'trunk-0', number, (%(names)s::text[])[least(number, 2)], 1,
       (%(payloads)s::jsonb[])[least(number, 2)], uuidv7(), 'user:5', '',
       now() - make_interval(secs => %(count)s - number)
FROM generate_series(1, %(count)s) AS number
"""
_FILL_RIVAL = """
INSERT INTO trunks_events (originator_id, originator_version, topic, state)
SELECT trunk.id, past.originator_version, past.topic, past.state
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS trunk, trunks_events AS past
WHERE past.originator_id = %s
"""
_PLAIN = """
SELECT stream, stream_version, name, payload, occurred_at FROM events_event
WHERE (stream, stream_version) > (%s, %s) AND starts_with(stream, 'trunk-')
ORDER BY stream, stream_version LIMIT 500
"""


class Core:
    """The processor time of this process and of its server process, and how long the laps took by the clock."""

    def __init__(self) -> None:
        self.clock_seconds: dict[str, list[float]] = {}

    def lap(self, name: str, count: int, work: Callable[[], int], server: Callable[[], int]) -> float:
        """Orders a second of one core; the work tells how many it has folded."""
        process = psutil.Process(server())
        clock, cpu = time.perf_counter(), time.process_time() + _server_seconds(process)
        if work() != count:
            raise RuntimeError(f"{name} did not fold {count} orders")
        cpu = time.process_time() + _server_seconds(process) - cpu
        self.clock_seconds.setdefault(name, []).append(time.perf_counter() - clock)
        return count / cpu


def measure(quick: bool) -> list[Verdict]:
    """Orders a second, and milliseconds for one long stream."""
    order_count, single_count, rounds = (10_000, 1_000, 3) if quick else (100_000, 5_000, 3)
    _fill(order_count)
    rival = _rival()
    try:
        ids = _fill_rival(rival, single_count)
        laps = _race(order_count, single_count, rival, ids, rounds)
        long = _long_stream(rival)
    finally:
        rival.close()
    return [
        Verdict("folding: orders of eight events, one core", 5_000, median(laps[ONE_PASS]), at_most=False, unit="/s"),
        Verdict("folding: a stream of 10,000 events, with snapshots", 10, long * 1000, at_most=True, unit="ms"),
    ]


def _race(count: int, single_count: int, rival: Trunks, ids: list[uuid.UUID], rounds: int) -> arena.Laps:
    core, memory = Core(), list[int]()
    rivals = {
        FLOOR: partial(core.lap, FLOOR, count, _fold_plainly, _own_server),
        ONE_PASS: partial(core.lap, ONE_PASS, count, partial(_fold_all, memory), _own_server),
        ONE_BY_ONE: partial(core.lap, ONE_BY_ONE, single_count, partial(_fold_singly, single_count), _own_server),
        RIVAL: partial(core.lap, RIVAL, single_count, partial(_load_rivals, rival, ids), partial(_rival_server, rival)),
    }
    laps = arena.take_turns(rivals, rounds)
    clocked = {name: median(seconds[1:]) for name, seconds in core.clock_seconds.items()}
    counts = {FLOOR: count, ONE_PASS: count, ONE_BY_ONE: single_count, RIVAL: single_count}
    rows = [
        (
            name,
            f"{median(laps[name]):,.0f}",
            f"{counts[name] / clocked[name]:,.0f}",
            f"{median_ratio(laps, name, RIVAL):.2f} ×",
        )
        for name in laps
    ]
    grown = (max(memory) - memory[0]) / 1_048_576
    caption = (
        f"By the clock: beside whatever else ran. Memory of {ONE_PASS} grew by {grown:.1f} MiB over {count:,} orders"
    )
    show(f"Orders of {len(LIFE)} events", ("", "orders/s of a core", "by the clock", "of eventsourcing"), rows, caption)
    return laps


def _long_stream(rival: Trunks) -> float:
    """Median seconds with snapshots."""
    _run(_FILL_LONG, {"count": LONG_COUNT} | _described(TrunkPlaced, TrunkNoted))
    trunk = Trunk(**TrunkPlaced(trunk_id=0).model_dump(exclude={"trunk_id"}))
    for _ in range(LONG_COUNT - 1):
        trunk.note(TrunkNoted(trunk_id=0).text)
    rival.save(trunk)
    cold = [_seconds(_forget_and_fold) for _ in range(5)]
    warm = [_seconds(lambda: state_of("trunk-0")) for _ in range(60)]
    earlier = [_seconds(partial(lambda at: state_of("trunk-0", at=at), at)) for at in range(99, LONG_COUNT, 197)]
    rival_cold = [_seconds(lambda: rival.repository.get(trunk.id)) for _ in range(5)]
    rival.take_snapshot(trunk.id, version=LONG_COUNT - LONG_COUNT % 100)
    rival_warm = [_seconds(lambda: rival.repository.get(trunk.id)) for _ in range(60)]
    times = {
        "from its first event on, and taking snapshots": cold,
        "with snapshots": warm,
        "with snapshots, as it was at 50 versions": earlier,
        "eventsourcing, from its first event on": rival_cold,
        "eventsourcing, with a snapshot": rival_warm,
    }
    rows = [
        (name, f"{median(one) * 1000:.1f}", f"{percentile(one, 95) * 1000:.1f}", f"{median(cold) / median(one):.1f} ×")
        for name, one in times.items()
    ]
    caption = f"{Snapshot.objects.filter(stream='trunk-0').count()} snapshots; 99 events follow the last one"
    show(f"One stream of {LONG_COUNT:,} events", ("", "median, ms", "p95, ms", "as fast"), rows, caption)
    return median(warm)


def _fold_all(memory: list[int]) -> int:
    process, count = psutil.Process(), 0
    for count, _ in enumerate(fold_all("trunk-"), start=1):
        if count % 2_000 == 0:
            memory.append(process.memory_info().rss)
    return count


def _fold_singly(count: int) -> int:
    states = [state_of(f"trunk-{number}").state.status for number in range(1, count + 1)]
    return states.count("returned")


def _load_rivals(rival: Trunks, ids: list[uuid.UUID]) -> int:
    statuses = [rival.repository.get(one).status for one in ids]
    return statuses.count("returned")


def _fold_plainly() -> int:
    count = 0
    for _, rows in groupby(_plain_rows(), key=itemgetter(0)):
        state: Plain = {}
        for _, _, name, payload, at in rows:
            PLAIN_STEPS[name](state, json.loads(payload), at)
        count += state["status"] == "returned"
    return count


def _plain_rows() -> Iterator[tuple[Any, ...]]:
    last = ("trunk-", 0)
    while rows := _run(_PLAIN, last):
        yield from rows
        last = rows[-1][:2]


def _forget_and_fold() -> None:
    with transaction.atomic():
        forget_snapshots(["trunk-0"])
    state_of("trunk-0")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _fill(count: int) -> None:
    _run(_FILL, {"count": count} | _described(*LIFE))
    _run("VACUUM ANALYZE events_event")


def _described(*event_types: Any) -> dict[str, list[str]]:
    payloads = [one(trunk_id=0).model_dump_json() for one in event_types]
    return {"names": [one.event_name for one in event_types], "payloads": payloads}


def _rival() -> Trunks:
    url = urlsplit(os.environ["DATABASE_URL"])
    return Trunks(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": url.path[1:],
            "POSTGRES_HOST": str(url.hostname),
            "POSTGRES_PORT": str(url.port),
            "POSTGRES_USER": str(url.username),
            "POSTGRES_PASSWORD": str(url.password),
        }
    )


def _fill_rival(rival: Trunks, count: int) -> list[uuid.UUID]:
    """One order of its own making, and copies of it."""
    trunk = live(Trunk(**TrunkPlaced(trunk_id=0).model_dump(exclude={"trunk_id"})))
    rival.save(trunk)
    _run(_FILL_RIVAL, [count, trunk.id])
    _run("VACUUM ANALYZE trunks_events")
    copies = _run("SELECT DISTINCT originator_id FROM trunks_events WHERE originator_id <> %s", [trunk.id])
    return [one for (one,) in copies]


def _own_server() -> int:
    return int(_run("SELECT pg_backend_pid()")[0][0])


def _rival_server(rival: Trunks) -> int:
    with rival.factory.datastore.get_connection() as one, one.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() AS pid")
        return int(cursor.fetchone()["pid"])


def _server_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _run(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":
    arena.main(measure)
