"""Reading the sales figures: ranges of days, by an index."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, F, QuerySet, Sum

from shop.analytics.models import DailySales, ProductSales
from shop.catalog.models import Product


@dataclass(frozen=True, slots=True)
class BestSeller:
    """A product with the pieces that customers have kept, and what they paid for them."""

    product: Product
    unit_count: int
    revenue: Decimal
    currency: str


def best_sellers(first: date, last: date, count: int) -> list[BestSeller]:
    """The products of which most pieces were sold and kept from one day to another (UTC), both included, with their
    texts; by currency, for amounts of two are not added up. Three queries."""
    kept = F("unit_count") - F("cancelled_unit_count") - F("returned_unit_count")
    earned = Sum(F("revenue") - F("cancelled") - F("returned"), output_field=DecimalField())
    sold = ProductSales.objects.filter(day__gte=first, day__lte=last).values("product_id", "currency")
    sums = sold.annotate(pieces=Sum(kept), earned=earned).filter(pieces__gt=0)
    best = list(sums.order_by("-pieces", "product_id", "currency")[:count])
    products = Product.objects.prefetch_related("translations").in_bulk({row["product_id"] for row in best})
    return [
        BestSeller(products[row["product_id"]], row["pieces"], row["earned"], row["currency"])
        for row in best
        if row["product_id"] in products
    ]


def daily_sales(first: date, last: date) -> QuerySet[DailySales]:
    """The sales of each day (UTC) and currency, the newest first."""
    return DailySales.objects.filter(day__gte=first, day__lte=last).order_by("-day", "currency")
