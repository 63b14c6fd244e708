"""What staff write down about an order for each other; customers never see it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.changes import RemembersValues


class OrderNote(RemembersValues, models.Model):
    """One remark, as it was written; nobody changes it. Saving it emits order.noted, in one transaction."""

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="notes", verbose_name=_("order"))
    text = models.CharField(_("text"), max_length=1000)
    by = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["order_id", "id"]

    def __str__(self) -> str:
        return self.text[:60]
