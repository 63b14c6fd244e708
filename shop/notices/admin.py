"""Notices in the admin."""

from django.contrib import admin

from shop.ledgers import LedgerAdmin
from shop.notices.models import LowStockNotice


@admin.register(LowStockNotice)
class LowStockNoticeAdmin(LedgerAdmin):
    """What ran low, and when."""

    list_display = ["product", "available", "low_at", "noticed_on", "created_at"]
    list_select_related = ["product"]
    search_fields = ["product__sku__exact"]
