"""How many messages a second get into Redis: our relay, django-celery-outbox's, apply_async and Producer.batch.

Everybody publishes messages of the same size from one process; rows of an outbox are there before the clock starts, and
what has arrived in Redis is counted afterwards. Outboxes commit durably, apply_async has no outbox to look after.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import logging
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4

import structlog
from django.db import close_old_connections, connection, transaction
from django_celery_outbox.models import CeleryOutbox
from django_celery_outbox.relay import Relay, RelayConfig
from redis import Redis

from benchmarks.arena import app, median_ratio
from benchmarks.events import CrateOpened, CrateSealed
from benchmarks.rivals import outbox_app
from benchmarks.subscribers import CROWD
from benchmarks.tasks import do_nothing
from benchmarks.verdict import Verdict, show
from events.api import Event, emit_many
from events.relay import publish_due

QUEUE = "default"
APPLY, BATCH = "apply_async, producer reused", "Producer.batch"
OUTBOX, THREADED_OUTBOX = "django-celery-outbox relay", "django-celery-outbox relay, 4 threads"
CROWDED, LONE = f"our relay, {CROWD} subscribers an event", "our relay, 1 subscriber an event"


def measure(quick: bool) -> list[Verdict]:
    """Messages a second of each."""
    scale, rounds = (1, 3) if quick else (2, 7)
    message = _sample_arguments()
    rivals = {
        APPLY: partial(_lap, 1_000 * scale, _nothing, partial(_apply, message)),
        BATCH: partial(_lap, 2_500 * scale, _nothing, partial(_apply_in_batch, message)),
        OUTBOX: partial(_lap, 1_000 * scale, partial(_fill_rival_outbox, message), partial(_drain_rival_outbox, 1)),
        THREADED_OUTBOX: partial(
            _lap, 1_000 * scale, partial(_fill_rival_outbox, message), partial(_drain_rival_outbox, 4)
        ),
        CROWDED: partial(_lap, CROWD * 1_000 * scale, partial(_emit, CrateOpened, CROWD), _drain),
        LONE: partial(_lap, 5_000 * scale, partial(_emit, CrateSealed, 1), _drain),
    }
    laps = arena.take_turns(rivals, rounds)
    fastest_outbox = max((OUTBOX, THREADED_OUTBOX), key=lambda name: median(laps[name]))
    rows = [
        (
            name,
            f"{median(rates):,.0f}",
            f"{median_ratio(laps, name, APPLY):.1f} ×",
            f"{median_ratio(laps, name, fastest_outbox):.1f} ×",
        )
        for name, rates in laps.items()
    ]
    show("Into Redis", ("", "messages/s", "of apply_async", "of django-celery-outbox"), rows)
    return [
        Verdict("relay: messages/s against apply_async", 20, median_ratio(laps, CROWDED, APPLY), at_most=False),
        Verdict("relay: against django-celery-outbox", 10, median_ratio(laps, CROWDED, fastest_outbox), at_most=False),
    ]


def _lap(count: int, prepare: Callable[[int], None], publish: Callable[[int], None]) -> float:
    """Messages a second; all of them must have arrived."""
    prepare(count)
    with Redis.from_url(app.conf.broker_url) as redis:
        redis.delete(QUEUE)
        started = time.perf_counter()
        publish(count)
        seconds = time.perf_counter() - started
        arrived = redis.llen(QUEUE)
        redis.delete(QUEUE)
    if arrived != count:
        raise RuntimeError(f"{arrived} messages arrived instead of {count}")
    return count / seconds


def _nothing(count: int) -> None:
    """These rivals have no outbox to fill."""


def _apply(message: list[Any], count: int) -> None:
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            do_nothing.apply_async(args=message, producer=producer)


def _apply_in_batch(message: list[Any], count: int) -> None:
    with app.producer_pool.acquire(block=True) as producer, producer.batch():
        for _ in range(count):
            do_nothing.apply_async(args=message, producer=producer)


def _sample_arguments() -> list[Any]:
    """What the task of a subscriber gets; here all rivals' tasks get the same."""
    with transaction.atomic():
        (event,) = emit_many([CrateOpened(crate_id=_next_crate(1)[0])])
    _drain(1)
    return [event.to_message(), 0]


def _fill_rival_outbox(message: list[Any], count: int) -> None:
    with transaction.atomic():
        outbox_app.send_task(do_nothing.name, args=message)
    row = CeleryOutbox.objects.get()
    values = {field.attname: getattr(row, field.attname) for field in CeleryOutbox._meta.concrete_fields}
    del values["id"], values["task_id"]
    CeleryOutbox.objects.bulk_create([CeleryOutbox(**values, task_id=str(uuid4())) for _ in range(count - 1)])
    _analyze("celery_outbox")


def _drain_rival_outbox(threads: int, count: int) -> None:
    """Its own relay in batches of 1,000, the largest that its tuning page recommends, quiet and without metrics."""
    config = RelayConfig.init(batch_size=1_000, idle_time=0, publish_concurrency=threads)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    relay = Relay(outbox_app, config)
    for _ in range(-(-count // config.batch_size)):
        relay._processing()  # one turn of its loop; start() would not return
    if CeleryOutbox.objects.exists():
        raise RuntimeError("django-celery-outbox left rows behind")


def _emit(event_type: type[Event], subscriber_count: int, count: int) -> None:
    with transaction.atomic():
        for start in range(0, count // subscriber_count, 1_000):
            ids = _next_crate(min(1_000, count // subscriber_count - start))
            emit_many([event_type(crate_id=number) for number in ids])
    _analyze("events_outbox", "events_event")


def _drain(count: int) -> None:
    """What the relay process does."""
    while publish_due():
        close_old_connections()


_crates = iter(range(1, 1_000_000_000))


def _next_crate(count: int) -> list[int]:
    return [next(_crates) for _ in range(count)]


def _analyze(*tables: str) -> None:
    """What autovacuum would do sooner or later; here it does it at no one's expense."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")


if __name__ == "__main__":
    arena.main(measure)
