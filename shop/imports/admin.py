"""What was imported, in the admin; the command writes it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from shop.imports.models import ImportedProduct


@admin.register(ImportedProduct)
class ImportedProductAdmin(ModelAdmin):
    """For reading."""

    list_display = ["product", "file", "imported_at"]
    list_select_related = ["product"]
    search_fields = ["product__sku", "file"]
    readonly_fields = ["product", "file", "fingerprint", "uploads", "imported_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Products are imported by the command."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A product that is deleted takes its row along."""
        return False
