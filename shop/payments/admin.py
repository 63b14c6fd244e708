"""The simulated provider's ledger in the admin: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.payments.models import SimulatedCharge, SimulatedRefund


class LedgerAdmin(ModelAdmin):
    """Read-only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the provider adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites a ledger."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody shortens a ledger."""
        return False


@admin.register(SimulatedCharge)
class SimulatedChargeAdmin(LedgerAdmin):
    """Tries to charge a card."""

    list_display = ["charge_id", "amount", "shown_outcome", "reason", "card_last_four", "created_at"]
    list_filter = ["outcome", "reason"]
    search_fields = ["key"]

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
    search_fields = ["key", "charge__key"]
