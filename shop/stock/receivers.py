"""Stock that comes with a product's document."""

from collections.abc import Mapping
from typing import Any

from django.dispatch import receiver

from shop.catalog.signals import variant_stock_given
from shop.stock.variants import set_variant_stock


@receiver(variant_stock_given)
def take_over_variant_stock(stock: Mapping[int, int], **_: Any) -> None:
    """In the transaction that writes the variants."""
    if stock:
        set_variant_stock(stock)
