"""Sales, best sellers and stock levels: counted as it happens, the same as counted from the tables, and rebuilt so."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shop.analytics.models import CountedReversal, DailySales, ProductSales
from shop.catalog.models import Variant
from shop.orders.models import Order, OrderLine, Reversal
from shop.orders.operations import LineWish, cancel
from shop.shelves.models import ShelvedReversal, StockLevel
from shop.stock.models import Movement, StockItem, VariantStock
from shop.stock.operations import set_stock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import buy, make_product, staff_client
from tests.shop.playing import play
from tests.shop.rebuilding import made_again

pytestmark = pytest.mark.django_db(transaction=True)
SELLER = ("analytics.view_dailysales",)
READ_MODELS = {
    "analytics.record_sales": [DailySales],
    "analytics.record_product_sales": [ProductSales, CountedReversal],
    "stock.levels": [StockLevel, ShelvedReversal],
}


def rows(*models: Any) -> list[Any]:
    return [sorted(str({**row, "id": 0}) for row in model.objects.values()) for model in models]


def given_back(kind: str) -> list[Reversal]:
    return list(Reversal.objects.filter(kind=kind, status="done"))


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_whatever_happens_to_orders_the_figures_are_what_the_tables_say(seed: int) -> None:
    orders = play(seed)
    cancelled, returned = given_back("cancellation"), given_back("return")
    day = DailySales.objects.get()
    assert (day.order_count, day.unit_count) == (len(orders), sum(one.unit_count for one in orders))
    assert day.first_order_count == len({order.customer_id for order in orders})
    assert day.gross == sum(order.total.amount for order in orders)
    assert (day.cancelled, day.returned) == (
        sum((one.amount.amount for one in cancelled), Decimal(0)),
        sum((one.amount.amount for one in returned), Decimal(0)),
    )
    kept: Counter[int] = Counter()
    for line in OrderLine.objects.all():
        kept[line.product_id] += line.quantity - line.cancelled_quantity - line.returned_quantity
    assert {
        row.product_id: row.unit_count - row.cancelled_unit_count - row.returned_unit_count
        for row in ProductSales.objects.all()
    } == dict(kept)


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_whatever_happens_to_orders_as_many_pieces_are_on_hand_as_the_stock_and_its_ledger_say(seed: int) -> None:
    play(seed)
    levels = {(row.product_id, row.variant_id): row.on_hand for row in StockLevel.objects.all()}
    there = {(item.product_id, 0): item.available for item in StockItem.objects.exclude(available=0)}
    there |= {
        (item.variant.product_id, item.pk): item.available for item in VariantStock.objects.select_related("variant")
    }
    assert {shelf: count for shelf, count in levels.items() if count} == there
    moved: Counter[tuple[int, int]] = Counter()
    for movement in Movement.objects.all():
        moved[movement.product_id, movement.variant_id or 0] += movement.quantity
    assert +moved == Counter(there)


@pytest.mark.parametrize("name", READ_MODELS)
def test_made_again_from_the_log_every_figure_is_the_same(name: str) -> None:
    play(13)
    live = rows(*READ_MODELS[name])
    made_again(name)
    assert rows(*READ_MODELS[name]) == live


def test_two_cancellations_that_are_alike_are_counted_each_for_its_own_product() -> None:
    make_product("CHAIR", available=9)
    make_product("LAMP", available=9)
    order = buy(LineWish("CHAIR", 3), LineWish("LAMP", 3))
    for position in (1, 2, 1):
        cancel(order, {position: 1}, by="test")
    for again in (False, True):
        if again:
            made_again("stock.levels")
            made_again("analytics.record_product_sales")
        assert list(StockLevel.objects.order_by("product_id").values_list("put_back", flat=True)) == [2, 1]
        sales = ProductSales.objects.order_by("product_id").values_list("cancelled_unit_count", flat=True)
        assert list(sales) == [2, 1]


def test_what_was_counted_before_counting_was_told_of_is_where_a_level_begins() -> None:
    product = make_product("CHAIR", available=7)
    StockLevel.objects.all().delete()
    Movement.objects.all().delete()
    Movement.objects.create(product=product, quantity=9, reason="correction")  # as an older version wrote it
    set_stock({product.pk: 5})
    buy(LineWish("CHAIR", 2))
    level = StockLevel.objects.get()
    assert (level.counted, level.sold, level.on_hand) == (9 - 2, 2, 5)


def test_staff_see_stock_levels_by_sku_and_the_best_sellers_of_a_day_and_a_month() -> None:
    chair, lamp = make_product("CHAIR", price="10.00", available=9, ar="كرسي"), make_product("LAMP", available=20)
    green = Variant.objects.create(product=make_product("SOFA", available=0), sku="SOFA-GREEN")
    set_variant_stock({green.pk: 4})
    cancel(buy(LineWish("CHAIR", 3), LineWish("LAMP", 5), LineWish("SOFA-GREEN", 1)), {2: 4}, by="test")
    staff = staff_client("stock.view_stockitem")
    found = {one["sku"]: one for one in staff.get("/api/stock/").json()["results"]}
    assert found["LAMP"] == {
        "sku": "LAMP", "counted": 20, "sold": 5, "put_back": 4, "on_hand": 19, "available": 19,
    }  # fmt: skip
    assert (found["SOFA-GREEN"]["on_hand"], found["CHAIR"]["on_hand"]) == (3, 6)
    assert [one["sku"] for one in staff.get("/api/stock/?sku=SOFA-").json()["results"]] == ["SOFA-GREEN"]
    assert APIClient().get("/api/stock/").status_code == 401
    assert staff_client().get("/api/stock/").status_code == 403

    seller = staff_client(*SELLER)
    for days in (1, 30):
        best = seller.get(f"/api/sales/best-sellers/?days={days}&count=2", headers={"Accept-Language": "ar"}).json()
        assert [(one["sku"], one["name"], one["unit_count"]) for one in best] == [
            ("CHAIR", "كرسي", 3), ("LAMP", "Thing LAMP", 1),
        ]  # fmt: skip
    assert (best[0]["revenue"], best[0]["currency"]) == ("30.00", "GBP")
    (day,) = seller.get("/api/sales/days/").json()
    assert (day["day"], day["order_count"], day["cancelled_unit_count"]) == (str(timezone.now().date()), 1, 4)
    for wrong in ("days=0", "days=367", "count=101", "days=x"):
        assert seller.get(f"/api/sales/best-sellers/?{wrong}").status_code == 400
    assert staff.get("/api/sales/best-sellers/").status_code == 403
    assert Order.objects.count() == 1
    assert (chair.pk, lamp.pk) == tuple(
        ProductSales.objects.order_by("product_id").values_list("product_id", flat=True)
    )[:2]
