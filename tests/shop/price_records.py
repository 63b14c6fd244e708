"""Price tables, a cart, a wish and a recorded request, for pages that show them."""

from decimal import Decimal

from django.utils import timezone
from djmoney.money import Money

from shop.carts.operations import add, customer_cart
from shop.customers.models import Customer
from shop.idempotency.operations import Answer, Asked, once
from shop.pricing.coupons import take
from shop.pricing.models import Coupon, ExchangeRate, ShippingRate, TaxRate
from shop.wishlists.operations import wish
from tests.shop.builders import make_product


def make_price_records(customer: Customer) -> None:
    """One of each at least; the coupon TEN is used once."""
    product, now = make_product("DESK", ar="مكتب"), timezone.now()
    add(customer_cart(customer), product.sku, 2)
    wish(customer, product)
    Coupon.objects.create(code="TEN", percent=10)
    asked = Asked("anonymous", "key", "checkout", "{}")
    once(asked, lambda key: take("TEN", customer, key, now=now) or Answer(201, {}), lambda _: None, now=now)
    TaxRate.objects.create(country="GB", percent=20)
    ShippingRate.objects.create(country="GB", fee=Money("4.99", "GBP"))
    ExchangeRate.objects.create(currency="EUR", rate=Decimal("1.17"))
