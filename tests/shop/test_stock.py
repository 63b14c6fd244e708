"""Stock is never sold twice."""

import pytest
from django.db import IntegrityError, transaction

from shop.catalog.models import Variant
from shop.errors import NotEnoughStock, Shortage
from shop.stock.models import StockItem
from shop.stock.operations import put_back, reserve, set_stock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import at_once, available, make_product


@pytest.mark.django_db
def test_reserved_pieces_are_gone_until_they_are_put_back() -> None:
    product = make_product(available=10)
    reserve({product.pk: 4})
    assert available(product) == 6
    put_back({product.pk: 4})
    assert available(product) == 10


@pytest.mark.django_db(transaction=True)
def test_too_little_stock_names_every_short_product_and_takes_nothing() -> None:
    plenty, short, none = make_product("A", available=9), make_product("B", available=2), make_product("C")
    StockItem.objects.filter(product=none).delete()
    with pytest.raises(NotEnoughStock) as caught:
        reserve({none.pk: 1, short.pk: 3, plenty.pk: 5})
    assert caught.value.shortages == [Shortage("B", 3, 2), Shortage("C", 1, 0)]
    assert "B: 3 wanted, 2 available." in str(caught.value)
    assert available(plenty) == 9


@pytest.mark.django_db
def test_the_database_itself_refuses_negative_stock() -> None:
    product = make_product()
    with pytest.raises(IntegrityError, match="stock_available_not_negative"), transaction.atomic():
        StockItem.objects.filter(product=product).update(available=-1)


@pytest.mark.django_db(transaction=True)
def test_baskets_with_the_same_products_in_another_order_never_deadlock() -> None:
    products = [make_product(available=1000) for _ in range(6)]
    ahead = {product.pk: 1 for product in products}
    back = {product.pk: 1 for product in reversed(products)}

    def many(basket: dict[int, int]) -> None:
        for _ in range(40):
            reserve(basket)
            put_back(basket)

    assert at_once([lambda: many(ahead), lambda: many(back)] * 4) == [None] * 8
    assert [available(product) for product in products] == [1000] * 6


@pytest.mark.django_db
def test_set_stock_adds_what_is_missing_and_overwrites_what_is_there() -> None:
    first, second = make_product(available=1), make_product(available=1)
    StockItem.objects.filter(product=second).delete()
    set_stock({first.pk: 20, second.pk: 30}, low_at=7)
    assert list(StockItem.objects.order_by("available").values_list("available", "low_at")) == [(20, 7), (30, 7)]


@pytest.mark.django_db(transaction=True)
def test_variants_that_come_back_for_two_baskets_at_once_never_deadlock() -> None:
    """Telling of a variant holds its product's stream until the end, so the streams are taken in one order too."""
    chair, lamp = make_product(available=0), make_product(available=0)
    owners = (chair, lamp, lamp, chair)  # by key: one basket meets the chair first, the other one the lamp
    first, second, third, fourth = (
        Variant.objects.create(product=owner, sku=f"{owner.sku}-{number}") for number, owner in enumerate(owners)
    )
    set_variant_stock(dict.fromkeys((first.pk, second.pk, third.pk, fourth.pk), 0))

    def many(*variants: Variant) -> None:
        basket = {variant.pk: 1 for variant in variants}
        for _ in range(40):
            put_back({}, basket)
            reserve({}, basket)

    assert at_once([lambda: many(first, second), lambda: many(third, fourth)]) == [None, None]
