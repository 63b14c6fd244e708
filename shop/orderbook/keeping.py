"""Keeping the order book: what happened to orders is written into their rows, many at a time or one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from events.api import Event, Fact
from shop.orderbook import detailing, listing
from shop.orderbook.models import OrderDetail, OrderListEntry
from shop.orders.events import OrderCancelled, OrderReturned
from shop.orders.models import Order, OrderLine
from shop.orders.tellings import reversals_of

BATCH_ROWS = 1_000
BOOK_EVENTS: tuple[type[Event], ...] = tuple(listing.APPLY)


def write_book(facts: Sequence[Fact]) -> None:
    """Bring the rows of the orders to what the facts say. What is read besides them never changes once it is there:
    lines, what was taken back, and of an order what is set once."""
    told: list[tuple[Any, datetime]] = [(fact.event, fact.context.occurred_at) for fact in facts]
    orders = Order.objects.in_bulk({event.order_id for event, _at in told})
    known = [(event, at) for event, at in told if event.order_id in orders]
    _write_list([event for event, _at in known], orders)
    _write_details([(event, at) for event, at in known if type(event) in detailing.APPLY], orders)


def _write_list(events: list[Any], orders: dict[int, Order]) -> None:
    entries = OrderListEntry.objects.in_bulk(orders)
    for event in events:
        order = orders[event.order_id]
        entry = entries.setdefault(order.pk, listing.begun(order))
        listing.APPLY[type(event)](entry, event, order)
    _store(OrderListEntry, entries, "order_id")


def _write_details(told: list[tuple[Any, datetime]], orders: dict[int, Order]) -> None:
    keys = {event.order_id for event, _at in told}
    details = OrderDetail.objects.in_bulk(keys)
    for key, lines in _lines_of(keys - details.keys()).items():
        details[key] = detailing.begun(orders[key], lines)
    reversals = reversals_of({one.order_id for one, _at in told if isinstance(one, OrderCancelled | OrderReturned)})
    for event, at in told:
        known = detailing.Known(at, reversals.get(event.order_id, []))
        detailing.APPLY[type(event)](details[event.order_id], event, known)
    _store(OrderDetail, details, "entry")


def _lines_of(keys: Collection[int]) -> dict[int, list[OrderLine]]:
    found: dict[int, list[OrderLine]] = {key: [] for key in keys}
    for line in OrderLine.objects.filter(order__in=keys).order_by("order_id", "position") if keys else ():
        found[line.order_id].append(line)
    return found


def _store(model: type[OrderListEntry | OrderDetail], rows: dict[int, Any], key: str) -> None:
    """In one order of the keys, and in few statements for any number."""
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model._default_manager.bulk_create(
        [rows[pk] for pk in sorted(rows)],
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=columns,
    )
