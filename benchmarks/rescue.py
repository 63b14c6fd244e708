"""What rescue costs: comparing a log with a million settled deliveries of 14 subscribers, when nothing of it was looked
at before, and again right after it, when every settled position has moved."""

from benchmarks import arena  # first: it sets Django up

# isort: split
import time

from django.db import connection

from benchmarks.verdict import Verdict, show
from events import catalogue
from events.connections import database_now
from events.models import Delivery, Subscription
from events.rescue import rescue
from events.subscriptions import enroll

_FILL = [
    """
    INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor, traceparent,
                              occurred_at)
    SELECT id, 'crate-' || (number / 4), 1 + number %% 4, 'crate.opened', 1,
           jsonb_build_object('crate_id', number / 4), id, '', '', now() - interval '1 hour'
    FROM (SELECT number, uuidv7() AS id FROM generate_series(0, %(count)s - 1) AS number) AS numbered
    """,
    """
    INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at, worker,
                                 fingerprint)
    SELECT position, subscriber, 0, 'done', 1, occurred_at, occurred_at, 'celery@worker', ''
    FROM events_event, unnest(%(subscribers)s::text[]) AS subscriber
    """,
    "VACUUM ANALYZE",
]


def measure(quick: bool) -> list[Verdict]:
    """Seconds a pass."""
    names = [one.name for one in catalogue.subscribers_of("crate.opened")][:14]
    event_count = (100_000 if quick else 1_000_000) // len(names) + 1
    with catalogue.scratch(empty=True):
        _keep(names)
        enroll()
        _fill(event_count, names)
        cold, warm = _pass(), _pass()
        _check(event_count)
    count = f"{event_count * len(names):,} settled deliveries of {len(names)} subscribers"
    show(f"Rescue over {count}", ("", "s"), [("for the first time", f"{cold:.2f}"), ("and again", f"{warm:.3f}")])
    return [Verdict("rescue: a million settled deliveries", 5.0, cold, at_most=True, unit="s")]


def _keep(names: list[str]) -> None:
    """Of all subscribers of the benchmarks only these."""
    for name in names:
        catalogue.add_subscriber(_ALL[name])


def _fill(event_count: int, names: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in _FILL:
            parameters = {"count": event_count, "subscribers": names} if "%" in statement else None
            cursor.execute(statement, parameters)


def _pass() -> float:
    started = time.perf_counter()
    rescued = rescue(database_now())
    seconds = time.perf_counter() - started
    if rescued:
        raise RuntimeError(f"Everything was settled, and yet it sent {rescued}")
    return seconds


def _check(event_count: int) -> None:
    stuck = Subscription.objects.filter(subscriber__in=[one.name for one in catalogue.subscribers()], settled_xid=0)
    if Delivery.objects.count() < event_count or stuck.exists():
        raise RuntimeError("A settled position did not move")


_ALL = {one.name: one for one in catalogue.subscribers()}

if __name__ == "__main__":
    arena.main(measure)
