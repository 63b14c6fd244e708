"""The audit trail in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.audit.models import AuditEntry, AuditSeal
from shop.ledgers import LedgerAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(LedgerAdmin):
    """Who did what, when."""

    list_display = ["id", "occurred_at", "name", "stream", "actor", "summary"]
    search_fields = ["stream__exact", "actor__exact"]
    exclude = ["hash"]
    readonly_fields = ["shown_hash"]

    @display(description=_("hash"))
    def shown_hash(self, entry: AuditEntry) -> str:
        """As verify_audit writes it."""
        return bytes(entry.hash).hex()


@admin.register(AuditSeal)
class AuditSealAdmin(LedgerAdmin):
    """Where the trail ended, and when."""

    list_display = ["number", "shown_hash", "sealed_at"]
    exclude = ["hash"]
    readonly_fields = ["shown_hash"]

    @display(description=_("hash"))
    def shown_hash(self, seal: AuditSeal) -> str:
        """As verify_audit writes it."""
        return bytes(seal.hash).hex()
