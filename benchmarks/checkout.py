"""A customer's checkout with all events, against the same without any, and against 14 tasks by delay_on_commit.

The WSGI application is called in this process as gunicorn calls it: every middleware, the view, the commits, and the
end of the request, without the network and a server's processes, which would only water the difference down. No relay
and no worker runs. Without events means that the receiver of the shop's signal is not connected.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.db.models.signals import post_save
from djmoney.money import Money
from redis import Redis

from benchmarks.arena import app, ratio_of_medians
from benchmarks.tasks import do_nothing
from benchmarks.verdict import Verdict, show
from config.wsgi import application
from events import catalogue
from events.api import load_subscribers
from events.models import Event
from shop.catalog.operations import NewProduct, create_products
from shop.orders.models import Order
from shop.orders.signals import emit_order_saved
from shop.stock.operations import set_stock

TASK_COUNT = 14
BARE, EVENTS, DELAYED = "no event", "all events and subscribers", f"{TASK_COUNT} tasks by delay_on_commit"
_BODY = json.dumps(
    {
        "customer": {"email": "someone@example.com", "name": "Someone", "language": "en"},
        "lines": [{"sku": f"THING-{number}", "quantity": number} for number in (1, 2, 3)],
        "card": {"number": "4242424242424242"},
    }
).encode()


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds a checkout."""
    load_subscribers("tasks")
    _open_shop()
    rivals: dict[str, Callable[..., None] | None] = {
        BARE: None,
        EVENTS: emit_order_saved,
        DELAYED: _delay_tasks,
    }
    post_save.disconnect(emit_order_saved, sender=Order)
    before = Event.objects.count()
    rounds = 100 if quick else 600
    turns = {name: partial(_check_out, receiver) for name, receiver in rivals.items()}
    laps = arena.take_turns(turns, rounds, warm_up=20)
    _show(laps, (Event.objects.count() - before) / (rounds + 20))
    with Redis.from_url(app.conf.broker_url) as redis:
        redis.flushdb()
    return [Verdict("checkout: with events against without", 1.15, ratio_of_medians(laps, EVENTS, BARE), at_most=True)]


def _show(laps: arena.Laps, events_each: float) -> None:
    rows = [
        (
            name,
            f"{median(times) * 1000:.2f}",
            f"{arena.percentile(times, 95) * 1000:.2f}",
            f"{ratio_of_medians(laps, name, BARE):.2f} ×",
        )
        for name, times in laps.items()
    ]
    caption = f"{events_each:g} events a checkout; {len(catalogue.subscribers())} subscribers declared"
    show("POST /api/checkout/, three lines", ("", "median, ms", "p95, ms", "of no event"), rows, caption)


def _open_shop() -> None:
    things = [NewProduct(sku=f"THING-{number}", slug=f"thing-{number}", price=Money(10, "GBP")) for number in (1, 2, 3)]
    set_stock({product.pk: 10_000_000 for product in create_products(things)})


def _delay_tasks(instance: Order, **_: Any) -> None:
    if instance.status == Order.Status.PAID:
        for _number in range(TASK_COUNT):
            do_nothing.delay_on_commit(instance.pk)


def _check_out(receiver: Callable[..., None] | None) -> float:
    """Seconds of one request, to its very end."""
    with _connected(receiver):
        started = time.perf_counter()
        status = _request(_BODY)
        seconds = time.perf_counter() - started
    if status != "201 Created":
        raise RuntimeError(f"The checkout answered {status}")
    return seconds


@contextmanager
def _connected(receiver: Callable[..., None] | None) -> Iterator[None]:
    # Connected and disconnected for everybody, because it empties Django's cache of receivers.
    post_save.connect(receiver or _do_nothing, sender=Order)
    yield
    post_save.disconnect(receiver or _do_nothing, sender=Order)


def _do_nothing(**_: Any) -> None:
    """The receiver of the checkout without events."""


def _request(body: bytes) -> str:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/checkout/",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4()),
        "wsgi.input": io.BytesIO(body),
    }
    statuses: list[str] = []
    response = application(environ, lambda status, headers, error=None: statuses.append(status))
    b"".join(response)
    response.close()
    return statuses[0]


if __name__ == "__main__":
    arena.main(measure)
