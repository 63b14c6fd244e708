"""Carts in the admin, to be read; and on a product's page the carts that it lies in."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from shop.carts.models import Cart, CartLine
from shop.catalog.admin import ProductAdmin
from shop.ledgers import LedgerAdmin


class CartLineInline(TabularInline):
    """What lies in the cart, or in which carts a product lies."""

    model = CartLine
    fields = ["cart", "product", "variant", "quantity", "added_at"]
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


@admin.register(Cart)
class CartAdmin(LedgerAdmin):
    """Carts of guests and customers."""

    list_display = ["id", "customer", "coupon_code", "country", "updated_at"]
    list_select_related = ["customer"]
    search_fields = ["customer__email"]
    inlines = [CartLineInline]


ProductAdmin.inlines = [*ProductAdmin.inlines, CartLineInline]
