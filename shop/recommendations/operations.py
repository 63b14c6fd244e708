"""Counting what is bought together."""

from itertools import combinations

from shop.orders.models import OrderLine
from shop.recommendations.models import ProductPair
from shop.tallies import add

#: Of an order with more products only the first so many count: n products are n²/2 pairs, and who buys hundreds of
#: them at once says little about any two.
MOST_PRODUCTS = 30


def count_pairs(order_id: int, times: int) -> None:
    """Add `times` (1, or -1 to undo it) to each pair of products in an order. The lines of an order never change, so
    what is undone is what was done, in whatever order the two happen."""
    lines = OrderLine.objects.filter(order=order_id).order_by("position").values_list("product_id", flat=True)
    products = sorted(list(dict.fromkeys(lines))[:MOST_PRODUCTS])
    rows = [
        {"first_id": first, "second_id": second, "order_count": times} for first, second in combinations(products, 2)
    ]
    add(ProductPair, ["first_id", "second_id"], rows)
