"""Reading orders in a constant number of queries."""

from django.db.models import Prefetch, QuerySet

from shop.orders.models import Order, OrderLine


def listed_orders() -> QuerySet[Order]:
    """Orders with their customers."""
    return Order.objects.select_related("customer")


def full_orders() -> QuerySet[Order]:
    """Orders with customers, lines and products."""
    lines = OrderLine.objects.select_related("product").order_by("position")
    return listed_orders().prefetch_related(Prefetch("lines", lines))
