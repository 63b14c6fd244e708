"""Noticing what runs low."""

from datetime import date

from django.db.models import F

from shop.notices.models import LowStockNotice
from shop.orders.models import OrderLine
from shop.stock.models import StockItem


def notice_low_stock(order_id: int, day: date) -> None:
    """Note each product of an order that is running low now, unless it was noted that day; safe to repeat."""
    products = OrderLine.objects.filter(order=order_id).values("product")
    bought = StockItem.objects.filter(product__in=products, available__lte=F("low_at"))
    notices = [
        LowStockNotice(product_id=item.product_id, noticed_on=day, available=item.available, low_at=item.low_at)
        # In the order of their key: two orders that note the same products must not wait for each other in a circle.
        for item in bought.order_by("product_id")
    ]
    LowStockNotice.objects.bulk_create(notices, ignore_conflicts=True)
