"""The ledgers and figures that follow an order, and that cancelling and returning undo them."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.testing import Rehearsal
from shop.analytics.models import DailySales, ProductSales
from shop.catalog.models import Variant
from shop.loyalty.queries import balance_of, redeemable
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, return_pieces
from shop.orders.operations.checkout import check_out
from shop.payments.provider import Card
from shop.recommendations.models import ProductPair
from shop.recommendations.queries import bought_with
from shop.stock.events import StockBackIn
from shop.stock.models import Movement, StockItem, VariantStock
from shop.stock.operations import put_back, reserve, set_stock
from shop.stock.variants import put_back_variants, set_variant_stock, take_variants
from tests.shop.builders import BUYER, GOOD_CARD, buy, make_product
from tests.shop.pages import form_values

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(order: Order) -> Order:
    return advance(order, "delivered", by="test")


def movements(sku: str) -> list[tuple[str, int]]:
    return list(Movement.objects.filter(product__sku=sku).order_by("id").values_list("reason", "quantity"))


def pairs() -> dict[tuple[str, str], int]:
    rows = ProductPair.objects.values_list("first__sku", "second__sku", "order_count")
    return {(first, second): count for first, second, count in rows if count}


def test_an_order_that_is_cancelled_and_returned_in_parts_is_in_every_ledger_once(events: Rehearsal) -> None:
    make_product("CHAIR", price="10.00", available=10)
    make_product("LAMP", price="4.00", available=10)
    order = buy(LineWish("CHAIR", 3), LineWish("LAMP", 1), LineWish("CHAIR", 1))
    cancel(order, {1: 1}, by="test")
    delivered(order)
    return_pieces(order, {1: 1, 2: 1}, by="test")
    events.deliver_twice()
    events.deliver_twice()

    assert movements("CHAIR") == [("correction", 10), ("sale", -4), ("cancellation", 1), ("return", 1)]
    assert movements("LAMP") == [("correction", 10), ("sale", -1), ("return", 1)]
    call_command("check_stock")
    day = DailySales.objects.get()
    assert (day.order_count, day.first_order_count, day.unit_count, day.gross) == (1, 1, 5, 44)
    assert (day.cancelled, day.cancelled_unit_count, day.returned, day.returned_unit_count) == (10, 1, 14, 2)
    chair = ProductSales.objects.get(product__sku="CHAIR")
    assert (chair.unit_count, chair.revenue, chair.cancelled, chair.returned) == (4, 40, 10, 10)
    assert balance_of(order.customer_id) == redeemable(order.customer_id) == 20
    assert pairs() == {("CHAIR", "LAMP"): 1}
    for subscriber in ("inventory.record_movements", "analytics.record_product_sales", "recommendations.count_pairs"):
        events.assert_done(subscriber)


def test_nothing_is_left_of_an_order_that_comes_back_as_a_whole() -> None:
    make_product("CHAIR", price="9.99", available=1)
    make_product("LAMP", price="4.00", available=1)
    order = delivered(buy(LineWish("CHAIR", 1), LineWish("LAMP", 1)))
    return_pieces(order, {1: 1}, by="test")
    assert pairs() == {("CHAIR", "LAMP"): 1}
    return_pieces(order, None, by="test")
    assert pairs() == {}
    assert balance_of(order.customer_id) == 0
    assert not [row for row in ProductSales.objects.all() if row.revenue != row.returned]
    call_command("check_stock")


def test_pieces_that_come_back_broken_do_not_come_back_into_the_ledger() -> None:
    make_product("CHAIR", available=5)
    return_pieces(delivered(buy(LineWish("CHAIR", 2))), {1: 2}, by="test", restock=False)
    assert movements("CHAIR") == [("correction", 5), ("sale", -2)]
    call_command("check_stock")


def test_the_ledger_knows_what_was_counted_and_what_is_reserved() -> None:
    product = make_product("CHAIR", available=5)
    set_stock({product.pk: 9})
    set_stock({product.pk: 9})
    assert movements("CHAIR") == [("correction", 5), ("correction", 4)]
    StockItem.objects.filter(pk=product.pk).update(available=8)
    with pytest.raises(CommandError, match="CHAIR: the ledger says 9, but 8 are available and 0 reserved"):
        call_command("check_stock")
    with pytest.raises(DatabaseError, match="append-only"):
        Movement.objects.update(quantity=1)


@pytest.mark.parametrize("page", ["catalog_product", "stock_stockitem"])
def test_counting_in_the_admin_is_in_the_ledger(admin_client: Client, events: Rehearsal, page: str) -> None:
    product = make_product("CHAIR", available=0)
    path = reverse(f"admin:{page}_change", args=[product.pk])
    prefix = "stock-0-" if page == "catalog_product" else ""
    for count in ("0", "7", "5"):
        values = form_values(admin_client.get(path).content.decode())
        answer = admin_client.post(path, values | {f"{prefix}available": count})
        assert answer.status_code == 302, answer.content.decode()
    assert movements("CHAIR") == [("correction", 7), ("correction", -2)]
    assert [event for event in events.emitted if isinstance(event, StockBackIn)] == [StockBackIn(product_id=product.pk)]


def test_a_variant_that_is_sold_and_comes_back_is_in_its_own_ledger() -> None:
    product = make_product("CHAIR", available=5)
    variant = Variant.objects.create(product=product, sku="CHAIR-GREEN", option_values={"colour": "green"})
    set_variant_stock({variant.pk: 4})
    order = buy(LineWish("CHAIR-GREEN", 3), LineWish(make_product().sku, 1))
    cancel(order, {1: 1}, by="test")
    rows = Movement.objects.exclude(variant=None).order_by("id").values_list("reason", "quantity")
    assert list(rows) == [("correction", 4), ("sale", -3), ("cancellation", 1)]
    assert VariantStock.objects.get().available == 2
    call_command("check_stock")


def test_a_product_is_back_when_the_first_piece_is(events: Rehearsal) -> None:
    product = make_product(available=2)
    reserve({product.pk: 2})
    put_back({product.pk: 1})
    put_back({product.pk: 1})
    set_stock({product.pk: 0})
    set_stock({product.pk: 0})
    set_stock({product.pk: 3})
    set_stock({product.pk: 4})
    back = [event for event in events.emitted if isinstance(event, StockBackIn)]
    assert back == [StockBackIn(product_id=product.pk)] * 2


def test_a_variant_has_its_own_ledger_and_is_back_by_itself(events: Rehearsal) -> None:
    product = make_product("CHAIR", available=0)
    variant = Variant.objects.create(product=product, sku="CHAIR-GREEN")
    set_variant_stock({variant.pk: 1})
    take_variants({variant.pk: 1})
    put_back_variants({variant.pk: 1})
    assert [event for event in events.emitted if isinstance(event, StockBackIn)] == [
        StockBackIn(product_id=product.pk, variant_id=variant.pk)
    ]
    assert list(Movement.objects.values_list("variant__sku", "quantity")) == [("CHAIR-GREEN", 1)]
    call_command("check_stock")


def test_two_cancellations_of_an_uneven_price_give_the_product_back_to_the_penny() -> None:
    make_product("PAD")
    order = check_out(BUYER, [LineWish("PAD", 3, Decimal("0.335"))], Card(GOOD_CARD), now=timezone.now())
    cancel(order, {1: 1}, by="test")
    cancel(order, {1: 2}, by="test")
    pad = ProductSales.objects.get()
    assert (pad.revenue, pad.cancelled, pad.cancelled_unit_count) == (Decimal("1.01"), Decimal("1.01"), 3)


def test_a_second_order_is_not_one_of_a_new_customer() -> None:
    make_product("CHAIR")
    buy(LineWish("CHAIR", 1))
    buy(LineWish("CHAIR", 1))
    assert DailySales.objects.values_list("order_count", "first_order_count").get() == (2, 1)


def test_what_is_bought_together_most_often_comes_first_and_only_what_is_for_sale() -> None:
    chair, lamp = make_product("CHAIR"), make_product("LAMP")
    rug, gone = make_product("RUG"), make_product("GONE")
    for others in (["LAMP", "RUG", "GONE"], ["RUG", "GONE"], ["GONE"]):
        buy(LineWish("CHAIR", 1), *(LineWish(sku, 1) for sku in others))
    gone.status = gone.Status.ARCHIVED
    gone.save()
    assert [(one.product, one.order_count) for one in bought_with(chair)] == [(rug, 2), (lamp, 1)]
    assert [one.product.sku for one in bought_with(lamp)] == ["CHAIR", "RUG"]


def test_of_a_giant_order_only_the_first_products_make_pairs() -> None:
    products = [make_product() for _ in range(35)]
    buy(*(LineWish(product.sku, 1) for product in products))
    assert ProductPair.objects.count() == 30 * 29 / 2
    assert not ProductPair.objects.filter(second=products[-1]).exists()
