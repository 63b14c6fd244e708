"""Sales in the admin."""

from django.contrib import admin

from shop.analytics.models import DailySales
from shop.ledgers import LedgerAdmin


@admin.register(DailySales)
class DailySalesAdmin(LedgerAdmin):
    """A row a day."""

    list_display = ["day", "currency", "order_count", "unit_count", "gross", "cancelled", "cancelled_unit_count"]
    list_filter = ["currency"]
    date_hierarchy = "day"
