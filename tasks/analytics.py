"""Sales figures: read models, which can be made again from the log."""

from collections.abc import Sequence

from events.api import Fact, projection
from shop.analytics.days import write_daily_sales
from shop.analytics.models import CountedReversal, DailySales, ProductSales
from shop.analytics.products import write_product_sales
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned


@projection(OrderPlaced, OrderCancelled, OrderReturned, name="analytics.record_sales", models=[DailySales])
def record_sales(facts: Sequence[Fact]) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    write_daily_sales(facts)


@projection(
    OrderPlaced,
    OrderCancelled,
    OrderReturned,
    name="analytics.record_product_sales",
    models=[ProductSales, CountedReversal],
)
def record_product_sales(facts: Sequence[Fact]) -> None:
    """Twice is once: the addition and its delivery are one transaction."""
    write_product_sales(facts)
