"""The ledger of points in the admin."""

from django.contrib import admin

from shop.ledgers import LedgerAdmin
from shop.loyalty.models import PointsEntry


@admin.register(PointsEntry)
class PointsEntryAdmin(LedgerAdmin):
    """Who got how many points for what."""

    list_display = ["customer", "points", "reason", "order_number", "created_at"]
    list_select_related = ["customer"]
    search_fields = ["customer__email__exact"]
