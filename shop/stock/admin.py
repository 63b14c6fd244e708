"""Stock in the admin: a part of the product's page, and a list of what runs low."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from shop.catalog.admin import ProductAdmin
from shop.stock.models import StockItem


class StockItemInline(TabularInline):
    """The stock of a product; counting again sets it, selling changes it."""

    model = StockItem
    can_delete = False
    tab = True


ProductAdmin.inlines = [*ProductAdmin.inlines, StockItemInline]


@admin.register(StockItem)
class StockItemAdmin(ModelAdmin):
    """All stock at a glance."""

    list_display = ["product", "available", "low_at", "shown_low"]
    search_fields = ["product__sku", "product__translations__name"]
    readonly_fields = ["product"]
    list_select_related = ["product"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        """What runs low first."""
        return super().get_queryset(request).order_by("available")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Stock is added on the product's page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockItem | None = None) -> bool:
        """A product without stock has zero pieces."""
        return False

    @display(description=_("low"), label={True: "danger", False: "success"})
    def shown_low(self, item: StockItem) -> tuple[bool, str]:
        """Coloured."""
        return item.is_low, _("low") if item.is_low else _("enough")
