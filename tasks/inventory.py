"""The ledger of the stock."""

from collections import Counter
from collections.abc import Iterable

from events.api import Context, subscriber
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.orders.models import OrderLine, Reversal
from shop.stock.ledger import Moved
from shop.stock.ledger import record_movements as record
from shop.stock.models import Movement


@subscriber(OrderPlaced, OrderCancelled, OrderReturned, name="inventory.record_movements")
def record_movements(event: OrderPlaced | OrderCancelled | OrderReturned, context: Context) -> None:
    """Twice is once: the movements and the delivery are one transaction, and a source moves each product once."""
    if isinstance(event, OrderPlaced):
        lines = OrderLine.objects.filter(order=event.order_id)
        sold = _moved((line, -line.quantity) for line in lines)
        _record(f"order-{event.order_id}", Movement.Reason.SALE, event, context, sold)
        return
    reversals = Reversal.objects.filter(order=event.order_id, status=Reversal.Status.DONE, restock=True)
    for reversal in reversals.prefetch_related("lines__line"):
        back = _moved((taken.line, taken.quantity) for taken in reversal.lines.all())
        _record(f"reversal-{reversal.pk}", reversal.kind, event, context, back)


def _record(
    source: str, reason: str, event: OrderPlaced | OrderCancelled | OrderReturned, context: Context, moved: list[Moved]
) -> None:
    record(source=source, reason=reason, order_number=event.number, event_id=context.event_id, moved=moved)


def _moved(pieces: Iterable[tuple[OrderLine, int]]) -> list[Moved]:
    """Summed, for an order may have several lines of one product."""
    counts: Counter[tuple[int, int | None]] = Counter()
    for line, quantity in pieces:
        counts[line.product_id, line.variant_id] += quantity
    return [Moved(product_id, quantity, variant_id) for (product_id, variant_id), quantity in counts.items()]
