"""Many buyers at once: never one piece too many, and nobody waits in a circle."""

from collections import Counter

import pytest
from django.utils import timezone
from djmoney.money import Money

from shop.catalog.models import Variant
from shop.customers.models import Customer
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, check_out
from shop.orders.operations.drafting import Details
from shop.payments.provider import Card
from shop.pricing.models import Coupon
from shop.stock.models import VariantStock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import GOOD_CARD, at_once, available, make_product

pytestmark = pytest.mark.django_db(transaction=True)
#: As many connections as the server allows, with some to spare.
THREADS = 60


def crowd(baskets: list[tuple[list[LineWish], Details]]) -> Counter[str]:
    """Everybody buys; how many ended how."""

    def buy(number: int) -> str:
        buyer, (wishes, details) = Buyer(email=f"b{number}@example.com", name="B"), baskets[number]
        try:
            return check_out(buyer, wishes, Card(GOOD_CARD), now=timezone.now(), details=details).status
        except Exception as error:
            return type(error).__name__

    everybody = range(len(baskets))
    turns = [lambda queue=everybody[first::THREADS]: [buy(number) for number in queue] for first in range(THREADS)]
    return Counter(outcome for outcomes in at_once(turns) for outcome in outcomes)


def test_two_hundred_buyers_of_the_last_fifty_pieces_get_exactly_fifty_orders() -> None:
    chair = make_product("CHAIR", available=50)
    outcomes = crowd([([LineWish("CHAIR", 1)], Details())] * 200)
    assert outcomes == {"paid": 50, "NotEnoughStock": 150}
    assert (available(chair), Order.objects.count(), Customer.objects.count()) == (0, 50, 50)


def test_baskets_in_opposite_orders_with_a_coupon_never_deadlock() -> None:
    products = [make_product(f"P{number}", price="1.00", available=20) for number in range(3)]
    Coupon.objects.create(code="MANY", kind="amount", amount=Money("1.00", "GBP"), limit=15)
    there = [LineWish(product.sku, 1) for product in products]
    with_coupon = Details(coupon_code="MANY")
    outcomes = crowd([(there, with_coupon), (there[::-1], Details()), (there[::-1], with_coupon)] * 20)
    assert outcomes["paid"] == 20
    assert set(outcomes) <= {"paid", "NotEnoughStock", "CouponRefused"}, outcomes
    assert [available(product) for product in products] == [0, 0, 0]
    assert Coupon.objects.get().used_count == Order.objects.filter(coupon_code="MANY").count() <= 15


def test_baskets_of_variants_in_opposite_orders_never_deadlock() -> None:
    product = make_product("P")
    variants = [Variant.objects.create(product=product, sku=f"P-{number:02}") for number in range(20)]
    set_variant_stock({variant.pk: 100 for variant in variants})
    there = [LineWish(variant.sku, 1) for variant in variants]
    assert crowd([(there, Details()), (there[::-1], Details())] * 60) == {"paid": 100, "NotEnoughStock": 20}
    assert set(VariantStock.objects.values_list("available", flat=True)) == {0}
