"""Shipments in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.ledgers import LedgerAdmin
from shop.warehouse.models import Shipment

_COLOURS = {
    "wanted": "info",
    "requested": "info",
    "packed": "info",
    "shipped": "success",
    "delivered": "success",
    "cancelled": "warning",
    "refused": "danger",
}


@admin.register(Shipment)
class ShipmentAdmin(LedgerAdmin):
    """What the warehouse was asked, how far it is, and what it last said when it failed."""

    list_display = [
        "order",
        "number",
        "shown_state",
        "outside_id",
        "carrier",
        "tracking_number",
        "told_at",
        "tried_at",
        "error",
    ]
    list_filter = ["state"]
    list_select_related = ["order"]
    search_fields = ["order__number__exact", "outside_id__exact"]

    @display(description=_("state"), ordering="state", label=_COLOURS)
    def shown_state(self, shipment: Shipment) -> tuple[str, str]:
        """Coloured."""
        return shipment.state, shipment.get_state_display()
