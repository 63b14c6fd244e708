"""Read models of the shop: what is read often is written down as it happens, and can be made again from the log."""

from collections.abc import Sequence

from events.api import Fact, projection
from shop.orderbook.keeping import BOOK_EVENTS, write_book
from shop.orderbook.models import OrderDetail, OrderListEntry
from shop.shelves.keeping import LEVEL_EVENTS, write_levels
from shop.shelves.models import ShelvedReversal, StockLevel
from shop.showcase.keeping import SHOWCASE_EVENTS, write_showcase
from shop.showcase.models import ShownProduct


@projection(*BOOK_EVENTS, name="orders.book", models=[OrderListEntry, OrderDetail])
def order_book(facts: Sequence[Fact]) -> None:
    """Twice is once: the rows and the deliveries are one transaction."""
    write_book(facts)


@projection(*SHOWCASE_EVENTS, name="products.showcase", models=[ShownProduct])
def showcase(facts: Sequence[Fact]) -> None:
    """Twice is once: products are written down as they are now."""
    write_showcase(facts)


@projection(*LEVEL_EVENTS, name="stock.levels", models=[StockLevel, ShelvedReversal])
def stock_levels(facts: Sequence[Fact]) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    write_levels(facts)
