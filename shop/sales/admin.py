"""Notes to the sales team in the admin."""

from django.contrib import admin

from shop.ledgers import LedgerAdmin
from shop.sales.models import SalesNote


@admin.register(SalesNote)
class SalesNoteAdmin(LedgerAdmin):
    """What the team was told, and what went wrong when the chat could not be reached."""

    list_display = ["created_at", "kind", "text", "sent_at", "tried_at", "error"]
    list_filter = ["kind"]
    search_fields = ["order__number__exact"]
