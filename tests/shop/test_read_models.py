"""All read models of the shop: rebuilt while it is open, filled after an upgrade, and read without a lock."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from events import relay, subscriptions
from events.catching_up import catch_up
from events.models import Delivery, Rebuild, Subscription
from events.projections import projection_named, projections, rebuilding
from events.projections.rebuilding import carry_on, start_rebuild
from shop.catalog.models import Product
from shop.orders.operations import LineWish, cancel, hold
from shop.stock.operations import set_stock
from tests.shop.builders import buy, make_product, staff_client
from tests.shop.playing import play
from tests.shop.rebuilding import made_again

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [
    "analytics.record_product_sales",
    "analytics.record_sales",
    "orders.book",
    "products.showcase",
    "stock.levels",
]
STAFF = ("orders.view_order", "stock.view_stockitem", "analytics.view_dailysales")


def rows(name: str) -> list[list[str]]:
    """All rows of a read model, without the numbers that it gave them itself."""
    return [
        sorted(
            str({key: value for key, value in row.items() if key != "id"}) for row in model._default_manager.values()
        )
        for model in projection_named(name).models
    ]


def start(name: str) -> Rebuild:
    return start_rebuild(name, reason="test", owner="test", now=timezone.now())


def step(rebuild: Rebuild) -> bool:
    """One batch, one new pass, or the swap; whether it goes on."""
    carry_on(rebuild.pk, 0.0, timezone.now)
    rebuild.refresh_from_db()
    return rebuild.state == Rebuild.State.RUNNING


def trade(product: Product, chance: random.Random) -> None:
    """Something that every read model has to know of: sold, some of it given back, counted, renamed and repriced."""
    order = buy(LineWish(product.sku, chance.randint(2, 4)))
    cancel(order, {1: 1}, by="test")
    set_stock({product.pk: chance.randint(50, 90)})
    product.price += product.price
    product.save()
    product.translations.update_or_create(language="en", defaults={"name": f"Thing {chance.random()}"})


@contextmanager
def open_shop(product: Product) -> Iterator[Queue[int]]:
    """Somebody trades all the time, in a thread of their own, and says so after each time."""
    over, traded = Signal(), Queue[int]()

    def run() -> None:
        chance = random.Random(1)
        try:
            while not over.is_set():
                trade(product, chance)
                traded.put(1)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield traded
    finally:
        over.set()
        thread.join()


def test_every_read_model_of_the_shop_is_tried_here() -> None:
    assert [one.name for one in projections() if one.function.__module__.startswith("tasks.")] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_rebuild_while_orders_keep_arriving_ends_equal_to_the_live_model(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 2)
    play(21, order_count=3, step_count=9)
    product, chance = make_product(available=50), random.Random(2)
    rebuild, steps = start(name), 0
    live = rows(name)
    while step(rebuild):
        steps += 1
        trade(product, chance)
        live = rows(name)
    assert (rebuild.state, rebuild.state_reason) == (Rebuild.State.FINISHED, "")
    assert steps >= 3
    assert all(live)
    assert rows(name) == live
    trade(product, chance)
    after = rows(name)
    assert after != live
    made_again(name)
    assert rows(name) == after


def test_rebuilt_all_at_once_while_others_trade_every_read_model_is_what_the_log_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 9)
    play(22, order_count=3, step_count=9)
    rebuilds = [start(name) for name in NAMES]
    with open_shop(make_product(available=50)) as traded:
        while running := [one for one in rebuilds if one.state == Rebuild.State.RUNNING]:
            traded.get(timeout=60)
            for rebuild in running:
                step(rebuild)
    relay.drain()
    assert {(one.state, one.state_reason) for one in rebuilds} == {(Rebuild.State.FINISHED, "")}
    for name in NAMES:
        rebuilt = rows(name)
        made_again(name)
        assert rows(name) == rebuilt, name


def test_after_an_upgrade_the_read_models_are_filled_from_the_log_without_anybody_doing_anything() -> None:
    play(23, order_count=3, step_count=9)
    filled = {name: rows(name) for name in NAMES}
    _downgrade()
    assert staff_client(*STAFF).get("/api/orders/").json()["results"] == []
    assert all(not any(rows(name)) for name in NAMES)

    subscriptions.enroll()  # as the relay does when it starts
    while Subscription.objects.exclude(catch_up_to_xid=None).exists():  # and what its duties do then
        catch_up(timezone.now())
        relay.drain()
    for name in NAMES:
        assert rows(name) == filled[name]


def _downgrade() -> None:
    """As a database is that has never heard of read models."""
    Subscription.objects.filter(subscriber__in=NAMES).delete()
    Delivery.objects.filter(subscriber__in=NAMES).delete()
    for name in NAMES:
        for model in reversed(projection_named(name).models):
            model._default_manager.all().delete()


def test_reading_the_read_models_writes_nothing_and_locks_nothing() -> None:
    product = make_product(available=9)
    order = buy(LineWish(product.sku, 2))
    staff = staff_client(*STAFF)
    for path in (
        "/api/orders/",
        f"/api/orders/{order.number}/",
        f"/api/products/{product.sku}/",
        "/api/stock/",
        "/api/sales/days/",
        "/api/sales/best-sellers/",
    ):
        with transaction.atomic():
            assert staff.get(path).status_code == 200
            assert _held() == (None, set()), path


def _held() -> tuple[str | None, set[str]]:
    """The number of the transaction, which it gets when it writes or locks a row; and its locks besides a reader's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned()::text")
        (number,) = cursor.fetchone()
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' "
            "AND mode <> 'AccessShareLock'"
        )
        return number, {mode for (mode,) in cursor.fetchall()}


def test_while_somebody_writes_readers_are_not_kept_waiting() -> None:
    product = make_product(available=9)
    order = buy(LineWish(product.sku, 2))
    begun, end = Signal(), Signal()

    def write() -> None:
        try:
            with transaction.atomic():
                hold(order.pk, reason="looks odd")
                set_stock({product.pk: 40})
                begun.set()
                end.wait(60)
        finally:
            connection.close()

    writer = Thread(target=write)
    writer.start()
    begun.wait(60)
    try:
        with transaction.atomic():
            connection.cursor().execute("SET LOCAL lock_timeout = 1")
            assert staff_client(*STAFF).get(f"/api/orders/{order.number}/").json()["lines"][0]["quantity"] == 2
            assert APIClient().get(f"/api/products/{product.sku}/").json()["available"] == 7
    finally:
        end.set()
        writer.join()
