"""Follow-ups in the admin."""

from django.contrib import admin

from shop.followups.models import FollowUp
from shop.ledgers import LedgerAdmin


@admin.register(FollowUp)
class FollowUpAdmin(LedgerAdmin):
    """What is to come, and what became of it."""

    list_display = ["order", "kind", "due_at", "state", "settled_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["order"]
    search_fields = ["order__number__exact"]
