"""The simulated provider's ledger in the admin: to read, never to write."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.ledgers import LedgerAdmin
from shop.payments.models import SimulatedCharge, SimulatedRefund


@admin.register(SimulatedCharge)
class SimulatedChargeAdmin(LedgerAdmin):
    """Tries to charge a card."""

    list_display = ["charge_id", "amount", "shown_outcome", "reason", "card_last_four", "created_at"]
    list_filter = ["outcome"]
    search_fields = ["key__exact"]

    @display(
        description=_("outcome"),
        ordering="outcome",
        label={"charged": "success", "declined": "danger", "closed": "warning"},
    )
    def shown_outcome(self, charge: SimulatedCharge) -> tuple[str, str]:
        """Coloured."""
        return charge.outcome, charge.get_outcome_display()


@admin.register(SimulatedRefund)
class SimulatedRefundAdmin(LedgerAdmin):
    """Money given back."""

    list_display = ["refund_id", "charge", "amount", "created_at"]
    list_select_related = ["charge"]
    search_fields = ["charge__key__exact"]
