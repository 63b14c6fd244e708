"""The stock of variants, taken and put back like that of products, by variant id."""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from shop.catalog.models import Variant
from shop.errors import Shortage
from shop.stock.announcing import announce_variants_back_in
from shop.stock.ledger import record_variant_corrections
from shop.stock.models import VariantStock

# As for products: the rows are locked in the order of their key, and the condition sees them as they are then.
_TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(variants)s::bigint[], %(quantities)s::bigint[]) AS wanted (variant_id, quantity)
), locked AS MATERIALIZED (
    SELECT variant_id, quantity FROM stock_variantstock JOIN wanted USING (variant_id)
    ORDER BY variant_id FOR UPDATE OF stock_variantstock
)
UPDATE stock_variantstock AS item SET available = item.available - locked.quantity
FROM locked WHERE item.variant_id = locked.variant_id AND item.available >= locked.quantity
RETURNING item.variant_id, item.available
"""


@transaction.atomic(savepoint=False)
def take_variants(quantities: Mapping[int, int]) -> list[Shortage]:
    """Take pieces off; those that there were too few of stay untouched and are returned. Always after the products,
    so that all baskets lock in one order."""
    if not quantities:
        return []
    taken = _change(quantities)
    wanted = {variant_id: count for variant_id, count in quantities.items() if variant_id not in taken}
    rows = Variant.objects.filter(pk__in=wanted).order_by("sku").values_list("pk", "sku", "stock__available")
    return [Shortage(sku=sku, wanted=wanted[pk], available=available or 0) for pk, sku, available in rows]


@transaction.atomic(savepoint=False)
def put_back_variants(quantities: Mapping[int, int]) -> None:
    """What was taken for an order that was never paid, or came back. Emits stock.back_in for what had been sold out."""
    if quantities:
        there = _change({variant_id: -quantity for variant_id, quantity in quantities.items()})
        announce_variants_back_in(pk for pk, count in there.items() if 0 < count == quantities[pk])


@transaction.atomic
def set_variant_stock(available: Mapping[int, int]) -> None:
    """Set the pieces available, creating what is missing. The ledger gets the differences, and what had been sold out
    is announced. Few statements for any number."""
    known, before = _known(available), _locked(available)
    VariantStock.objects.bulk_create(
        [VariantStock(variant_id=variant_id, available=count) for variant_id, count in sorted(available.items())],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["variant"],
        update_fields=["available"],
    )
    record_variant_corrections({pk: count - before[pk] for pk, count in available.items()})
    announce_variants_back_in(pk for pk in known if available[pk] and not before[pk])


def _known(variants: Iterable[int]) -> set[int]:
    """Which of the variants have been counted before; a new one is not back in."""
    return set(VariantStock.objects.filter(variant__in=list(variants)).values_list("variant_id", flat=True))


def _locked(variants: Iterable[int]) -> dict[int, int]:
    """What there is of each, held until the transaction ends; of one that was never counted, nothing."""
    missing = [VariantStock(variant_id=pk) for pk in sorted(variants)]
    VariantStock.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1000)
    items = VariantStock.objects.select_for_update().filter(variant__in=list(variants)).order_by("variant_id")
    return dict(items.values_list("variant_id", "available"))


def _change(quantities: Mapping[int, int]) -> dict[int, int]:
    """How many are left of each variant that had enough."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"variants": list(quantities), "quantities": list(quantities.values())})
        return dict(cursor.fetchall())
