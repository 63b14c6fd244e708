"""Taking from the stock and putting back. Quantities are given by product id."""

from collections.abc import Mapping

from django.db import connection, transaction

from shop.catalog.models import Product
from shop.errors import NotEnoughStock, Shortage
from shop.stock.models import StockItem

# One conditional update per product, all in one statement. Rows are locked in the order of their key first, so that two
# baskets with the same products in another order wait for each other instead of deadlocking; the condition is checked
# against the row as it stands once it is locked.
_TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(quantities)s::bigint[]) AS wanted (product_id, quantity)
), locked AS MATERIALIZED (
    SELECT product_id, quantity FROM stock_stockitem JOIN wanted USING (product_id)
    ORDER BY product_id FOR UPDATE OF stock_stockitem
)
UPDATE stock_stockitem AS item SET available = item.available - locked.quantity
FROM locked WHERE item.product_id = locked.product_id AND item.available >= locked.quantity
RETURNING item.product_id
"""


@transaction.atomic(savepoint=False)
def reserve(quantities: Mapping[int, int]) -> None:
    """Take pieces off the stock, all or nothing. Raises NotEnoughStock naming every product that is short, and rolls
    back the whole transaction it runs in."""
    taken = _change(quantities)
    if missing := quantities.keys() - taken:
        raise NotEnoughStock(_shortages({product_id: quantities[product_id] for product_id in missing}))


@transaction.atomic
def put_back(quantities: Mapping[int, int]) -> None:
    """What was reserved for an order that was never paid, or was sold and came back."""
    _change({product_id: -quantity for product_id, quantity in quantities.items()})


@transaction.atomic
def set_stock(available: Mapping[int, int], low_at: int | None = None) -> None:
    """Set the pieces available, creating stock items that are missing; `low_at` too when given. One statement."""
    options = {} if low_at is None else {"low_at": low_at}
    StockItem.objects.bulk_create(
        [
            StockItem(product_id=product_id, available=count, **options)
            for product_id, count in sorted(available.items())
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["product"],
        update_fields=["available", *options],
    )


def _change(quantities: Mapping[int, int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"products": list(quantities), "quantities": list(quantities.values())})
        return {product_id for (product_id,) in cursor.fetchall()}


def _shortages(wanted: Mapping[int, int]) -> list[Shortage]:
    rows = Product.objects.filter(pk__in=wanted).order_by("sku").values_list("pk", "sku", "stock__available")
    return [Shortage(sku=sku, wanted=wanted[pk], available=available or 0) for pk, sku, available in rows]
