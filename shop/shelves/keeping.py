"""Keeping the stock levels: what was counted, sold and put back."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from events.api import Event, Fact
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.orders.models import OrderLine
from shop.orders.tellings import Tellings
from shop.shelves.models import ShelvedReversal, StockLevel
from shop.stock.events import StockCounted
from shop.stock.models import Movement
from shop.tallies import add

LEVEL_EVENTS: tuple[type[Event], ...] = (StockCounted, OrderPlaced, OrderCancelled, OrderReturned)
Shelf = tuple[int, int]
Pieces = Iterable[tuple[Shelf, str, int]]


def write_levels(facts: Sequence[Fact]) -> None:
    """Add what the facts say to the levels of the products and variants that they speak of."""
    events: list[Any] = [fact.event for fact in facts]
    sold = _sold({event.order_id for event in events if isinstance(event, OrderPlaced)})
    back = {event.order_id for event in events if isinstance(event, OrderCancelled | OrderReturned)}
    tellings = Tellings(back, ShelvedReversal)
    moved: Counter[tuple[Shelf, str]] = Counter()
    for event in events:
        for shelf, column, quantity in _moved(event, sold, tellings):
            moved[shelf, column] += quantity
    tellings.store()
    _store(moved)


def _moved(event: Any, sold: dict[int, list[tuple[Shelf, int]]], tellings: Tellings) -> Pieces:
    if isinstance(event, StockCounted):
        yield (event.product_id, event.variant_id or 0), "counted", event.quantity
    elif isinstance(event, OrderPlaced):
        for shelf, quantity in sold[event.order_id]:
            yield shelf, "sold", quantity
    elif (told := tellings.of(event)) and told.reversal.restock:
        for taken in told.reversal.lines.all():
            yield _shelf(taken.line), "put_back", taken.quantity


def _sold(orders: Collection[int]) -> dict[int, list[tuple[Shelf, int]]]:
    found: dict[int, list[tuple[Shelf, int]]] = {key: [] for key in orders}
    for line in OrderLine.objects.filter(order__in=orders) if orders else ():
        found[line.order_id].append((_shelf(line), line.quantity))
    return found


def _shelf(line: OrderLine) -> Shelf:
    return line.product_id, line.variant_id or 0


def _store(moved: Counter[tuple[Shelf, str]]) -> None:
    shelves = sorted({shelf for shelf, _column in moved})
    _open(shelves)
    columns = ("counted", "sold", "put_back")
    rows = [
        {"product_id": shelf[0], "variant_id": shelf[1], **{name: moved[shelf, name] for name in columns}}
        for shelf in shelves
    ]
    add(StockLevel, ["product_id", "variant_id"], rows)


def _open(shelves: Sequence[Shelf]) -> None:
    """A level begins with what was counted before counting was told of in the log. Of two that open one at the same
    moment, the second waits, and finds it open."""
    known = set(_levels(shelves).values_list("product_id", "variant_id"))
    new = [shelf for shelf in shelves if shelf not in known]
    openings = _openings({product_id for product_id, _variant in new})
    StockLevel.objects.bulk_create(
        [StockLevel(product_id=shelf[0], variant_id=shelf[1], counted=openings.get(shelf, 0)) for shelf in new],
        ignore_conflicts=True,
    )


def _levels(shelves: Sequence[Shelf]) -> Any:
    return StockLevel.objects.filter(product_id__in={product_id for product_id, _variant in shelves})


def _openings(products: Collection[int]) -> dict[Shelf, int]:
    untold = Movement.objects.filter(Q(reason=Movement.Reason.CORRECTION, event_id=None), product__in=products)
    shelf = ("product_id", Coalesce("variant_id", 0))
    sums = untold.order_by().values_list(*shelf).annotate(sum=Sum("quantity"))
    return {(product_id, variant_id): quantity for product_id, variant_id, quantity in sums} if products else {}
