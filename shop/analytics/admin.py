"""Sales in the admin."""

from django.contrib import admin

from shop.analytics.models import DailySales, ProductSales
from shop.ledgers import LedgerAdmin


@admin.register(DailySales)
class DailySalesAdmin(LedgerAdmin):
    """A row a day."""

    list_display = [
        "day",
        "currency",
        "order_count",
        "first_order_count",
        "unit_count",
        "gross",
        "cancelled",
        "returned",
    ]
    list_filter = ["currency"]
    date_hierarchy = "day"


@admin.register(ProductSales)
class ProductSalesAdmin(LedgerAdmin):
    """A row for each product that was sold that day."""

    list_display = [
        "day",
        "product",
        "unit_count",
        "revenue",
        "currency",
        "cancelled_unit_count",
        "returned_unit_count",
    ]
    list_select_related = ["product"]
    search_fields = ["product__sku__exact"]
