"""Payments in the admin: to read, never to write."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.ledgers import LedgerAdmin
from shop.payments.models import Payment, ProviderReport

_COLOURS = {
    "unknown": "warning",
    "authorised": "info",
    "charged": "success",
    "captured": "success",
    "released": "info",
    "declined": "danger",
    "closed": "info",
    "refunded": "success",
    "refused": "danger",
    "failed": "danger",
    "disputed": "danger",
}


@admin.register(Payment)
class PaymentAdmin(LedgerAdmin):
    """Charges, captures and refunds, as far as the provider's answers say."""

    list_display = ["key", "kind", "amount", "shown_outcome", "reason", "card_last_four", "provider_id", "created_at"]
    list_filter = ["kind", "outcome"]
    search_fields = ["key__startswith", "provider_id__exact", "charge_id__exact"]

    @display(description=_("outcome"), ordering="outcome", label=_COLOURS)
    def shown_outcome(self, payment: Payment) -> tuple[str, str]:
        """Coloured."""
        return payment.outcome, payment.get_outcome_display()


@admin.register(ProviderReport)
class ProviderReportAdmin(LedgerAdmin):
    """What the provider told by webhook."""

    list_display = ["event_id", "type", "thing_id", "told_at", "received_at"]
    search_fields = ["event_id__exact", "thing_id__exact", "type__exact"]
