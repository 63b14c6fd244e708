"""Notices in the admin."""

from django.contrib import admin

from shop.ledgers import LedgerAdmin
from shop.notices.models import LowStockNotice, WishNotice


@admin.register(LowStockNotice)
class LowStockNoticeAdmin(LedgerAdmin):
    """What ran low, and when."""

    list_display = ["product", "available", "low_at", "noticed_on", "created_at"]
    list_select_related = ["product"]
    search_fields = ["product__sku__exact"]


@admin.register(WishNotice)
class WishNoticeAdmin(LedgerAdmin):
    """Who was told what about their wishes."""

    list_display = ["customer", "product", "kind", "occasion", "state", "created_at", "settled_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["customer", "product"]
    search_fields = ["customer__email__exact", "product__sku__exact"]
