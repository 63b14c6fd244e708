"""Taking from the stock and putting back. Quantities are given by product id."""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from shop.catalog.models import Product
from shop.errors import NotEnoughStock, Shortage
from shop.stock.announcing import announce_back_in
from shop.stock.ledger import record_corrections
from shop.stock.models import StockItem
from shop.stock.variants import put_back_variants, take_variants

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
RETURNING item.product_id, item.available
"""


@transaction.atomic(savepoint=False)
def reserve(quantities: Mapping[int, int], variants: Mapping[int, int] | None = None) -> None:
    """Take pieces off the stock, all or nothing; `variants` by variant id. Raises NotEnoughStock naming everything that
    is short, and rolls back the whole transaction it runs in."""
    taken = _change(quantities)
    missing = {product_id: count for product_id, count in quantities.items() if product_id not in taken}
    short = [*(_shortages(missing) if missing else []), *take_variants(variants or {})]
    if short:
        raise NotEnoughStock(short)


@transaction.atomic
def put_back(quantities: Mapping[int, int], variants: Mapping[int, int] | None = None) -> None:
    """What was reserved for an order that was never paid, or was sold and came back; `variants` by variant id. Emits
    stock.back_in for products that had been sold out."""
    there = _change({product_id: -quantity for product_id, quantity in quantities.items()})
    put_back_variants(variants or {})
    announce_back_in(product_id for product_id, count in there.items() if 0 < count == quantities[product_id])


@transaction.atomic
def set_stock(available: Mapping[int, int], low_at: int | None = None) -> None:
    """Set the pieces available, creating stock items that are missing; `low_at` too when given. The ledger gets the
    differences, and what had been sold out is announced. Few statements for any number."""
    known, before = _known(available), _locked(available)
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
    record_corrections({product_id: count - before[product_id] for product_id, count in available.items()})
    announce_back_in(product_id for product_id in known if available[product_id] and not before[product_id])


def _known(products: Iterable[int]) -> set[int]:
    """Which of the products have been counted before; a new product is not back in."""
    return set(StockItem.objects.filter(product__in=list(products)).values_list("product_id", flat=True))


def _locked(products: Iterable[int]) -> dict[int, int]:
    """What there is of each product, held until the transaction ends; of one that was never counted, nothing."""
    missing = [StockItem(product_id=product_id) for product_id in sorted(products)]
    StockItem.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1000)
    items = StockItem.objects.select_for_update().filter(product__in=list(products)).order_by("product_id")
    return dict(items.values_list("product_id", "available"))


def _change(quantities: Mapping[int, int]) -> dict[int, int]:
    """How many are left of each product that had enough."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"products": list(quantities), "quantities": list(quantities.values())})
        return dict(cursor.fetchall())


def _shortages(wanted: Mapping[int, int]) -> list[Shortage]:
    rows = Product.objects.filter(pk__in=wanted).order_by("sku").values_list("pk", "sku", "stock__available")
    return [Shortage(sku=sku, wanted=wanted[pk], available=available or 0) for pk, sku, available in rows]
