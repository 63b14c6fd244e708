"""Labels in the admin: a list of their own, and a tab of the order's page."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.carrier.models import Label
from shop.ledgers import LedgerAdmin
from shop.orders.admin import OrderAdmin, ReadOnlyInline

_COLOURS = {
    "wanted": "info",
    "bought": "info",
    "moving": "info",
    "arrived": "success",
    "voided": "warning",
    "refused": "danger",
}


@admin.register(Label)
class LabelAdmin(LedgerAdmin):
    """What was bought, for how much, and what the carrier last said when it failed."""

    list_display = [
        "order", "return_number", "shown_state", "carrier", "tracking_number", "cost", "tried_at", "error",
    ]  # fmt: skip
    list_filter = ["state"]
    list_select_related = ["order"]
    search_fields = ["order__number__exact", "tracking_number__exact", "outside_id__exact"]

    @display(description=_("state"), ordering="state", label=_COLOURS)
    def shown_state(self, label: Label) -> tuple[str, str]:
        """Coloured."""
        return label.state, label.get_state_display()


class LabelInline(ReadOnlyInline):
    """The labels of an order."""

    model = Label
    fields = ["return_number", "state", "carrier", "tracking_number", "cost", "created_at"]
    readonly_fields = fields
    ordering = ["id"]


# The slice of the orders knows nothing of labels; whoever adds to an order adds to its page.
OrderAdmin.inlines = [*OrderAdmin.inlines, LabelInline]
