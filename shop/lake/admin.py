"""Exported days in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.lake.models import LakeDay
from shop.ledgers import LedgerAdmin


@admin.register(LakeDay)
class LakeDayAdmin(LedgerAdmin):
    """What was exported, and what is due."""

    list_display = ["day", "shown_state", "exported_at", "order_count", "line_count", "reversal_count"]

    @display(description=_("state"), label={True: "warning", False: "success"})
    def shown_state(self, day: LakeDay) -> tuple[bool, str]:
        """Coloured."""
        return day.is_due, _("due") if day.is_due else _("exported")
