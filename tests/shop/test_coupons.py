"""Coupons, taxes, fees and currencies at the checkout."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from djmoney.money import Money

from shop.catalog.models import Dimensions, TierPrice, Variant
from shop.errors import CardDeclined, CouponRefused, InvalidInput, NotEnoughStock
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, check_out
from shop.orders.operations.drafting import Details
from shop.payments.provider import Card
from shop.pricing.models import Coupon, CouponUse, ExchangeRate, ListPrice, ShippingRate, TaxRate
from shop.stock.models import VariantStock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import DECLINED_CARD, GOOD_CARD, at_once, available, make_product

pytestmark = pytest.mark.django_db(transaction=True)
LONDON = {"name": "Ann", "line1": "1 Road", "city": "London", "region": "", "postal_code": "N1", "country": "GB"}


def buy(*wishes: LineWish, email: str = "ann@example.com", card: str = GOOD_CARD, **details: Any) -> Order:
    buyer = Buyer(email=email, name="Ann")
    return check_out(buyer, wishes, Card(card), now=timezone.now(), details=Details(**details))


def coupon(**values: Any) -> Coupon:
    return Coupon.objects.create(**{"code": "SPRING", "percent": 10, **values})


def used() -> int:
    count = Coupon.objects.get().used_count
    assert count == CouponUse.objects.count()
    return count


def test_a_checkout_computes_discount_tax_and_fee_and_keeps_them() -> None:
    make_product("CHAIR", price="19.99")
    make_product("LAMP", price="3.35")
    coupon()
    TaxRate.objects.create(country="GB", percent=20)
    ShippingRate.objects.create(country="GB", fee=Money("4.99", "GBP"))
    buy(LineWish("CHAIR", 1), LineWish("LAMP", 2), coupon_code="spring ", shipping_address=LONDON)
    order = Order.objects.get()
    assert (order.subtotal, order.discount) == (Money("26.69", "GBP"), Money("2.67", "GBP"))
    assert (order.shipping_fee, order.tax) == (Money("4.99", "GBP"), Money("5.80", "GBP"))
    assert (order.total, order.coupon_code) == (Money("34.81", "GBP"), "SPRING")
    assert order.shipping_address == order.billing_address == LONDON
    shares = [(line.discount.amount, line.tax.amount) for line in order.lines.all()]
    assert shares == [(Decimal("2.00"), Decimal("3.60")), (Decimal("0.67"), Decimal("1.20"))]
    assert used() == 1


def test_the_tax_of_the_region_counts_before_that_of_its_country() -> None:
    make_product("CHAIR", price="100.00", available=99)
    TaxRate.objects.create(country="US", percent=0)
    TaxRate.objects.create(country="US", region="New York", percent=Decimal("8.875"))
    places = [("US", "new york "), ("US", "Oregon"), ("DE", "")]
    orders = [
        buy(LineWish("CHAIR", 1), shipping_address={**LONDON, "country": country, "region": region})
        for country, region in places
    ]
    assert [str(order.tax.amount) for order in orders] == ["8.88", "0.00", "0.00"]


def test_an_address_is_needed_as_soon_as_the_price_depends_on_it() -> None:
    make_product("CHAIR")
    assert buy(LineWish("CHAIR", 1)).tax == Money(0, "GBP")
    TaxRate.objects.create(country="GB", percent=20)
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("CHAIR", 1))
    assert caught.value.field_errors[0]["field"] == "shipping_address"
    assert buy(LineWish("CHAIR", 1), is_counter_sale=True).tax == Money(0, "GBP")


def test_fees_follow_weight_and_value_and_a_country_without_a_fee_is_not_shipped_to() -> None:
    chair = make_product("CHAIR", price="10.00", available=99)
    Dimensions.objects.create(product=chair, weight=Decimal("1.5"), weight_unit="kg")
    for weight, value, fee in [(0, 0, "5.00"), (0, 50, "0"), (9_000, 0, "20.00")]:
        ShippingRate.objects.create(country="GB", from_weight_grams=weight, from_value=value, fee=Money(fee, "GBP"))
    fees = [buy(LineWish("CHAIR", count), shipping_address=LONDON).shipping_fee.amount for count in (1, 5, 6)]
    assert fees == [Decimal("5.00"), Decimal("0"), Decimal("20.00")]
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("CHAIR", 1), shipping_address={**LONDON, "country": "FR"})
    assert caught.value.field_errors[0]["code"] == "not_shipped_to"
    ShippingRate.objects.create(country="", fee=Money("30.00", "GBP"))
    assert buy(LineWish("CHAIR", 1), shipping_address={**LONDON, "country": "FR"}).shipping_fee == Money("30", "GBP")


@pytest.mark.parametrize(
    "values",
    [
        {"active": False},
        {"valid_until": timezone.now() - timedelta(seconds=1)},
        {"valid_from": timezone.now() + timedelta(days=1)},
        {"limit": 0},
        {"minimum": Money("10.01", "GBP")},
        {"code": "OTHER"},
    ],
)
def test_a_coupon_that_does_not_count_is_refused_before_anything_is_taken(values: dict[str, Any]) -> None:
    chair = make_product("CHAIR", price="10.00", available=5)
    coupon(**values)
    with pytest.raises(CouponRefused):
        buy(LineWish("CHAIR", 1), coupon_code="SPRING")
    assert (Order.objects.count(), available(chair), used()) == (0, 5, 0)


def test_thirty_at_once_never_use_a_coupon_more_often_than_its_limit() -> None:
    make_product("CHAIR", available=99)
    coupon(limit=4)
    calls = [
        lambda number=number: buy(LineWish("CHAIR", 1), email=f"b{number}@x.example", coupon_code="SPRING")
        for number in range(30)
    ]
    answers = at_once(calls)
    assert sum(isinstance(answer, Order) for answer in answers) == 4
    assert sum(isinstance(answer, CouponRefused) for answer in answers) == 26
    assert (used(), Order.objects.count()) == (4, 4)


def test_a_customer_uses_a_coupon_once_where_it_says_so_even_ten_times_at_once() -> None:
    make_product("CHAIR", available=99)
    coupon(once_per_customer=True)
    answers = at_once([lambda: buy(LineWish("CHAIR", 1), coupon_code="SPRING")] * 10)
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert buy(LineWish("CHAIR", 1), email="bob@example.com", coupon_code="SPRING").status == "paid"
    assert used() == 2


def test_a_coupon_comes_back_when_the_order_is_not_placed() -> None:
    make_product("CHAIR", available=5)
    coupon(limit=1, once_per_customer=True)
    with pytest.raises(CardDeclined):
        buy(LineWish("CHAIR", 1), coupon_code="SPRING", card=DECLINED_CARD)
    with pytest.raises(NotEnoughStock):
        buy(LineWish("CHAIR", 6), coupon_code="SPRING")
    assert used() == 0
    assert buy(LineWish("CHAIR", 1), coupon_code="SPRING").discount == Money("1.00", "GBP")
    assert used() == 1


def test_the_best_tier_that_is_reached_counts_unless_the_variant_has_its_own_price() -> None:
    chair = make_product("CHAIR", price="10.00", available=99)
    TierPrice.objects.create(product=chair, min_quantity=5, price=Money("9.00", "GBP"))
    TierPrice.objects.create(product=chair, min_quantity=10, price=Money("8.00", "GBP"))
    red = Variant.objects.create(product=chair, sku="CHAIR-RED", price=Money("12.00", "GBP"))
    blue = Variant.objects.create(product=chair, sku="CHAIR-BLUE")
    set_variant_stock({red.pk: 50, blue.pk: 50})
    order = buy(LineWish("CHAIR-RED", 10), LineWish("CHAIR-BLUE", 10), LineWish("CHAIR-BLUE", 9))
    assert [str(line.unit_price.amount) for line in order.lines.all()] == ["12.00", "8.00", "9.00"]


def test_variants_have_a_stock_of_their_own_that_comes_back_too() -> None:
    lamp = make_product("LAMP", available=5)
    red = Variant.objects.create(product=make_product("CHAIR", available=7), sku="CHAIR-RED")
    set_variant_stock({red.pk: 3})
    buy(LineWish("CHAIR-RED", 2), LineWish("LAMP", 1))
    with pytest.raises(CardDeclined):
        buy(LineWish("CHAIR-RED", 1), LineWish("LAMP", 1), card=DECLINED_CARD)
    assert (VariantStock.objects.get().available, available(lamp), available(red.product)) == (1, 4, 7)
    with pytest.raises(NotEnoughStock, match=r"LAMP: 5 wanted, 4 available\. CHAIR-RED: 2 wanted, 1 available"):
        buy(LineWish("CHAIR-RED", 2), LineWish("LAMP", 5))
    Variant.objects.update(is_active=False)
    with pytest.raises(InvalidInput):
        buy(LineWish("CHAIR-RED", 1))


def test_a_basket_in_another_currency_has_its_list_prices_else_the_exchanged_ones() -> None:
    chair, lamp = make_product("CHAIR", price="10.00"), make_product("LAMP", price="3.33")
    with pytest.raises(InvalidInput, match="see the errors"):
        buy(LineWish("CHAIR", 1), currency="EUR")
    ExchangeRate.objects.create(currency="EUR", rate=Decimal("1.17"))
    ListPrice.objects.create(product=chair, price=Money("11.00", "EUR"))
    coupon(kind="amount", amount=Money("1.00", "GBP"))
    order = buy(LineWish("CHAIR", 1), LineWish(lamp.sku, 2), currency="EUR", coupon_code="SPRING")
    assert [str(line.unit_price) for line in order.lines.all()] == ["€11.00", "€3.90"]
    assert (order.currency, str(order.discount), str(order.total)) == ("EUR", "€1.17", "€17.63")
    order = Order.objects.get()
    assert {order.tax_currency, order.subtotal_currency, order.cancelled_total_currency} == {"EUR"}
