"""The price tables in the admin; prices in other currencies are a part of the product's page."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from shop.catalog.admin import ProductAdmin
from shop.ledgers import LedgerAdmin
from shop.pricing.models import Coupon, CouponUse, ExchangeRate, ListPrice, ShippingRate, TaxRate


@admin.register(Coupon)
class CouponAdmin(ModelAdmin):
    """Coupons, and how often they were used."""

    list_display = ["code", "kind", "percent", "amount", "valid_from", "valid_until", "used_count", "limit", "active"]
    list_filter = ["active", "kind"]
    search_fields = ["code"]
    readonly_fields = ["used_count"]

    def save_model(self, request: HttpRequest, obj: Coupon, form: Any, change: bool) -> None:
        """Without the count: customers use the coupon meanwhile."""
        written = {field.name for field in Coupon._meta.concrete_fields} - {"id", "used_count"}
        obj.save(update_fields=written if change else None)


@admin.register(CouponUse)
class CouponUseAdmin(LedgerAdmin):
    """Who used which coupon when."""

    list_display = ["coupon", "customer", "reference", "used_at"]
    list_select_related = ["coupon", "customer"]
    search_fields = ["coupon__code", "customer__email"]


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    """Taxes by place."""

    list_display = ["country", "region", "percent", "on_shipping"]
    list_filter = ["country"]
    search_fields = ["country", "region"]


@admin.register(ShippingRate)
class ShippingRateAdmin(ModelAdmin):
    """Shipping fees by place, weight and value."""

    list_display = ["__str__", "country", "from_weight_grams", "from_value", "fee"]
    list_filter = ["country"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ModelAdmin):
    """Exchange rates against the default currency."""

    list_display = ["currency", "rate", "updated_at"]


class ListPriceInline(TabularInline):
    """A product's prices in other currencies."""

    model = ListPrice
    extra = 0
    tab = True
    fields: ClassVar = ["price"]


ProductAdmin.inlines = [*ProductAdmin.inlines, ListPriceInline]
