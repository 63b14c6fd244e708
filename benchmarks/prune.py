"""How long deliveries wait for pruning: a million old ones go, batch by batch, while others are settled, and while
duplicates of just those turn up that are being pruned."""

from benchmarks import arena  # first: it sets Django up

# isort: split
import threading
import time
from datetime import timedelta

from django.db import IntegrityError, connection

from benchmarks.arena import percentile
from benchmarks.rescue import _FILL
from benchmarks.verdict import Verdict, show
from events.connections import database_now
from events.models import Delivery, Subscription
from events.prune import prune

_SETTLE = "SELECT events_settle(%s, %s, 0, 'done', 1, now(), 'celery@worker')"
READER = "crates.reader_01"


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds that settling takes."""
    count = 100_000 if quick else 1_000_000
    with connection.cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, {"count": count, "subscribers": [READER]} if "%" in statement else None)
        cursor.execute("SELECT max(xid) FROM events_event")
        (xid,) = cursor.fetchone()
    Subscription.objects.filter(subscriber=READER).delete()
    Subscription.objects.create(
        subscriber=READER, since_xid=0, since_position=0, settled_xid=xid + 1, settled_position=0
    )
    alone = _settle_until(lambda: time.sleep(5))
    beside = _settle_until(lambda: _prune(count))
    rows = [
        (name, *(f"{percentile(waits, percent) * 1000:.1f}" for percent in (50, 99, 100)))
        for name, waits in (("alone", alone), ("beside the pruning", beside))
    ]
    show(f"Settling while {count:,} deliveries are pruned, ms", ("", "p50", "p99", "longest"), rows)
    return [Verdict("prune: the longest that a delivery waits", 100, max(beside) * 1000, at_most=True, unit="ms")]


def _prune(count: int) -> None:
    pruned = prune(database_now() + timedelta(days=60))
    if pruned["deliveries"] < count or Delivery.objects.count() > count:
        raise RuntimeError(f"Pruned {pruned} of {count}")


def _settle_until(work: object) -> list[float]:
    """Seconds of each settling, while the work is done in this thread: half of them new, half duplicates."""
    waits: list[float] = []
    done = threading.Event()

    def settle() -> None:
        position = 0
        try:
            while not done.is_set():
                position += 97
                for subscriber in (READER, "crates.new"):
                    started = time.perf_counter()
                    try:
                        with connection.cursor() as cursor:
                            cursor.execute(_SETTLE, [position, subscriber])
                    except IntegrityError:
                        pass
                    waits.append(time.perf_counter() - started)
        finally:
            connection.close()

    thread = threading.Thread(target=settle)
    thread.start()
    try:
        work()  # type: ignore[operator]
    finally:
        done.set()
        thread.join()
    return waits


if __name__ == "__main__":
    arena.main(measure)
