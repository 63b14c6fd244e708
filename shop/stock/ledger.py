"""Writing the ledger of the stock: why there are more or fewer pieces than before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from events.api import emit_many
from shop.catalog.models import Variant
from shop.stock.events import StockCounted
from shop.stock.models import Movement


@dataclass(frozen=True, slots=True)
class Moved:
    """Pieces of a product, or of a variant of it, that came (+) or went (-)."""

    product_id: int
    quantity: int
    variant_id: int | None = None


def record_movements(*, source: str, reason: str, order_number: str, event_id: UUID, moved: Iterable[Moved]) -> None:
    """Append what an order moved. Safe to repeat, also at the same moment: a source moves each thing once."""
    entries = [
        Movement(
            product_id=one.product_id,
            variant_id=one.variant_id,
            quantity=one.quantity,
            reason=reason,
            source=source,
            order_number=order_number,
            event_id=event_id,
        )
        # In the order of their key: two that record the same source must not wait for each other in a circle.
        for one in sorted(moved, key=lambda one: (one.product_id, one.variant_id or 0))
        if one.quantity
    ]
    Movement.objects.bulk_create(entries, ignore_conflicts=True, batch_size=1000)


def record_corrections(differences: Mapping[int, int]) -> None:
    """Append what was counted anew, by product id. In the transaction that sets the stock, and once: it has no source
    by which a repetition could be known."""
    _correct(Moved(product_id, quantity) for product_id, quantity in differences.items())


def record_variant_corrections(differences: Mapping[int, int]) -> None:
    """The same, by variant id."""
    products = dict(Variant.objects.filter(pk__in=differences).values_list("pk", "product_id"))
    _correct(Moved(products[pk], quantity, pk) for pk, quantity in differences.items())


def _correct(moved: Iterable[Moved]) -> None:
    """Each with its event, by which the stock levels know of it."""
    found = sorted((one for one in moved if one.quantity), key=lambda one: (one.product_id, one.variant_id or 0))
    logged = emit_many([_counted(one) for one in found])
    entries = [
        Movement(
            product_id=one.product_id,
            variant_id=one.variant_id,
            quantity=one.quantity,
            reason=Movement.Reason.CORRECTION,
            event_id=event.id,
        )
        for one, event in zip(found, logged, strict=True)
    ]
    Movement.objects.bulk_create(entries, batch_size=1000)


def _counted(moved: Moved) -> StockCounted:
    shelf = f"{moved.product_id}-{moved.variant_id}" if moved.variant_id else str(moved.product_id)
    return StockCounted(shelf=shelf, product_id=moved.product_id, variant_id=moved.variant_id, quantity=moved.quantity)
