"""Partners and conversions in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from shop.ledgers import LedgerAdmin
from shop.partners.models import Conversion, Partner


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    """Who may send customers, and for how much."""

    list_display = ["code", "name", "commission_percent", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["code", "name"]


@admin.register(Conversion)
class ConversionAdmin(LedgerAdmin):
    """What partners brought, what was taken back, and whether the network was told."""

    list_display = ["order", "partner", "kind", "amount", "commission", "reported_at", "tried_at", "error"]
    list_filter = ["kind"]
    list_select_related = ["order", "partner"]
    search_fields = ["order__number__exact", "partner__code__exact"]
