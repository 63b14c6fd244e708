"""The audit trail in the admin."""

from django.contrib import admin

from shop.audit.models import AuditEntry
from shop.ledgers import LedgerAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(LedgerAdmin):
    """Who did what, when."""

    list_display = ["occurred_at", "name", "stream", "actor", "summary"]
    search_fields = ["stream__exact", "actor__exact"]
