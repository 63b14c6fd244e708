"""Wishlists in the admin: how often a product is wished for, on its own page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from shop.catalog.admin import ProductAdmin
from shop.ledgers import LedgerAdmin
from shop.wishlists.models import WishlistItem


@admin.register(WishlistItem)
class WishlistItemAdmin(LedgerAdmin):
    """Who wishes for what."""

    list_display = ["customer", "product", "added_at"]
    list_select_related = ["customer", "product"]
    search_fields = ["customer__email", "product__sku"]


class WishlistItemInline(TabularInline):
    """Who wishes for the product."""

    model = WishlistItem
    fields = ["customer", "added_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    tab = True
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Customers add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Customers change."""
        return False


ProductAdmin.inlines = [*ProductAdmin.inlines, WishlistItemInline]
