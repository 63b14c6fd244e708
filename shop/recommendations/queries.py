"""Reading what is bought together."""

from dataclasses import dataclass

from django.db.models import Q

from shop.catalog.models import Product
from shop.catalog.queries import shown_products
from shop.recommendations.models import ProductPair

MOST = 12


@dataclass(frozen=True, slots=True)
class Companion:
    """A product that was in so many orders together with another one."""

    product: Product
    order_count: int


def bought_with(product: Product) -> list[Companion]:
    """What customers who bought a product bought most often with it and can still buy, the most often first.

    A constant number of queries; twice as many pairs are looked at as are shown, for some may be out of sale.
    """
    pairs = ProductPair.objects.filter(Q(first=product) | Q(second=product), order_count__gt=0)
    best = pairs.order_by("-order_count", "first_id", "second_id")[: 2 * MOST]
    counts = {pair.second_id if pair.first_id == product.pk else pair.first_id: pair.order_count for pair in best}
    shown = shown_products().in_bulk(list(counts))
    return [Companion(shown[pk], count) for pk, count in counts.items() if pk in shown][:MOST]
