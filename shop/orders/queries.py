"""Reading orders in a constant number of queries."""

from django.db.models import Prefetch, QuerySet

from shop.orders.models import Order, OrderLine, Reversal, ReversedLine


def full_orders() -> QuerySet[Order]:
    """Orders with customers, lines and products."""
    lines = OrderLine.objects.select_related("product", "variant").order_by("position")
    return Order.objects.select_related("customer").prefetch_related(Prefetch("lines", lines))


def shown_orders() -> QuerySet[Order]:
    """Full orders with what was taken back of them, and what staff noted."""
    pieces = ReversedLine.objects.select_related("line").order_by("line__position")
    reversals = Reversal.objects.order_by("number").prefetch_related(Prefetch("lines", pieces))
    return full_orders().prefetch_related(Prefetch("reversals", reversals), "notes")


def found_by_guest(number: str, email: str) -> Order | None:
    """The order of that number, for who knows the address it was placed with."""
    return shown_orders().filter(number=number.strip().upper(), customer__email=email).first()
