"""What goes on top of the customer's transaction: a sale with three lines, and what tells the rest of the world of it.

Everything is timed until the commit has returned and everything that runs on commit is done, because the customer waits
for all of it. Rivals: what people write by hand, and what they install.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import json
import time
import uuid
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from django.db import connection, transaction
from redis import Redis

from benchmarks.arena import ratio_of_medians
from benchmarks.events import CrateAddressed, CrateOpened
from benchmarks.rivals import outbox_app
from benchmarks.subscribers import CROWD
from benchmarks.tasks import do_nothing
from benchmarks.verdict import Verdict, show
from events import models
from events.api import emit

BARE, EMIT = "nothing", "emit (any number of subscribers)"
_SALE = "INSERT INTO benchmarks_sale (number, total) VALUES (%s, %s) RETURNING id"
_LINES = "INSERT INTO benchmarks_saleline (sale_id, position, price) VALUES (%s, 1, 10), (%s, 2, 20), (%s, 3, 30)"
_RAW_ROW = "INSERT INTO benchmarks_note (body) VALUES (%s)"

Tell = Callable[[int], Any]


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds a transaction."""
    rounds = 150 if quick else 800
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmarks_note (id bigserial PRIMARY KEY, body jsonb)")
    tells: dict[str, Tell] = {
        BARE: lambda sale: None,
        "one raw row in a table of one's own": _insert_raw,
        EMIT: _emit,
        "emit, with two personal fields": lambda sale: emit(CrateAddressed(crate_id=sale)),
        "emit, with those of somebody new": lambda sale: emit(CrateAddressed(crate_id=sale, customer_id=sale)),
        "the same rows through the ORM": _insert_by_orm,
        "one raw row and NOTIFY": _notify,
        "one Celery task, delay_on_commit": partial(_delay, 1),
        f"{CROWD} Celery tasks, delay_on_commit": partial(_delay, CROWD),
        f"{CROWD} rows of django-celery-outbox": _send_by_rival_outbox,
    }
    laps = arena.take_turns({name: partial(_sell, tell) for name, tell in tells.items()}, rounds, warm_up=20)
    rows = [
        (
            name,
            str(_statement_count(tells[name])),
            f"{median(times) * 1000:.2f}",
            f"{arena.percentile(times, 95) * 1000:.2f}",
            f"{ratio_of_medians(laps, name, BARE):.2f} ×",
        )
        for name, times in laps.items()
    ]
    show("A sale with three lines, and", ("", "statements", "median, ms", "p95, ms", "of bare"), rows)
    _flush()
    return []


def _sell(tell: Tell) -> float:
    """Seconds of one customer's transaction."""
    started = time.perf_counter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SALE, [uuid.uuid4(), 60])
            sale = cursor.fetchone()[0]
            cursor.execute(_LINES, [sale] * 3)
        tell(sale)
    return time.perf_counter() - started


def _emit(sale: int) -> None:
    emit(CrateOpened(crate_id=sale))


def _insert_raw(sale: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RAW_ROW, [json.dumps({"sale": sale})])


def _notify(sale: int) -> None:
    _insert_raw(sale)
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY sales")


def _insert_by_orm(sale: int) -> None:
    event = models.Event.objects.create(
        id=uuid.uuid4(),
        stream=f"sale-{sale}",
        stream_version=1,
        name="sale.closed",
        version=1,
        payload=CrateOpened(crate_id=sale).model_dump(mode="json"),
        correlation_id=uuid.uuid4(),
    )
    models.OutboxEntry.objects.create(event=event)


def _delay(count: int, sale: int) -> None:
    for _ in range(count):
        do_nothing.delay_on_commit(sale)


def _send_by_rival_outbox(sale: int) -> None:
    for _ in range(CROWD):
        outbox_app.send_task(do_nothing.name, args=[sale])


def _statement_count(tell: Tell) -> int:
    """How many statements one customer's transaction sends, besides BEGIN and COMMIT."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        _sell(tell)
    return len(statements)


def _flush() -> None:
    with Redis.from_url(arena.app.conf.broker_url) as redis:
        redis.flushdb()


if __name__ == "__main__":
    arena.main(measure)
