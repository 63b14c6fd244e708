"""Taxes, shipping fees and a coupon of the demo shop. A table that has rows already stays as it is."""

from django.conf import settings
from django.db.models import Model
from djmoney.money import Money

from shop.pricing.models import Coupon, ShippingRate, TaxRate


def add_terms() -> int:
    """Fill the tables that are empty; how many rows were added."""
    return sum(_fill(rows) for rows in (_tax_rates(), _shipping_rates(), _coupons()))


def _tax_rates() -> list[Model]:
    return [TaxRate(country="GB", percent=20), TaxRate(country="SA", percent=15)]


def _shipping_rates() -> list[Model]:
    """Large orders and heavy parcels have prices of their own; every country is shipped to."""
    return [
        ShippingRate(country="GB", fee=_money("4.95")),
        ShippingRate(country="GB", from_value=150, fee=_money("0")),
        ShippingRate(country="GB", from_weight_grams=30_000, fee=_money("29.00")),
        ShippingRate(country="SA", fee=_money("14.00")),
        ShippingRate(fee=_money("19.00")),
        ShippingRate(from_weight_grams=30_000, fee=_money("89.00")),
    ]


def _coupons() -> list[Model]:
    return [Coupon(code="WELCOME10", percent=10, minimum=_money("50"), once_per_customer=True)]


def _money(amount: str) -> Money:
    return Money(amount, settings.DEFAULT_CURRENCY)


def _fill(rows: list[Model]) -> int:
    table = type(rows[0])._default_manager
    return 0 if table.exists() else len(table.bulk_create(rows))
