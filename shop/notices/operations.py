"""Noticing what runs low, and who wants no mails."""

from datetime import date, datetime

from django.db.models import F

from shop.customers.models import Customer
from shop.notices.models import LowStockNotice
from shop.orders.models import OrderLine
from shop.stock.models import StockItem
from shop.stock.queries import pieces


def notice_low_stock(order_id: int, day: date) -> None:
    """Note each product of an order that is running low now, unless it was noted that day; safe to repeat."""
    products = OrderLine.objects.filter(order=order_id).values("product")
    stock = StockItem.objects.annotate(pieces=pieces("product", "available"))
    bought = stock.filter(product__in=products, pieces__lte=F("low_at"))
    notices = [
        LowStockNotice(product_id=item.product_id, noticed_on=day, available=item.pieces, low_at=item.low_at)
        # In the order of their key: two orders that note the same products must not wait for each other in a circle.
        for item in bought.order_by("product_id")
    ]
    LowStockNotice.objects.bulk_create(notices, ignore_conflicts=True)


def unsubscribe(customer: Customer, *, now: datetime) -> None:
    """No mails but those about their own orders and account; twice is once."""
    if customer.unsubscribed_at is None:
        customer.unsubscribed_at = now
        customer.save(update_fields=["unsubscribed_at"])


def subscribe(customer: Customer) -> None:
    """All mails again; twice is once."""
    customer.unsubscribed_at = None
    customer.save(update_fields=["unsubscribed_at"])
