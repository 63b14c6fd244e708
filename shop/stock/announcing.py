"""Saying that something is back in stock; in the transaction that puts the first pieces back."""

from collections.abc import Iterable

from events.api import emit, emit_many
from shop.catalog.models import Variant
from shop.stock.events import StockBackIn


def announce_back_in(product_ids: Iterable[int]) -> None:
    """Emit stock.back_in for products, in the order of their keys: two that emit to the same streams never wait in a
    circle."""
    if found := sorted(product_ids):
        emit_many([StockBackIn(product_id=product_id) for product_id in found])


def announce_variants_back_in(variant_ids: Iterable[int]) -> None:
    """Emit stock.back_in for variants."""
    if found := list(variant_ids):
        pairs = Variant.objects.filter(pk__in=found).order_by("product_id", "pk").values_list("product_id", "pk")
        for product_id, variant_id in pairs:  # one by one: variants of one product share its stream
            emit(StockBackIn(product_id=product_id, variant_id=variant_id))
