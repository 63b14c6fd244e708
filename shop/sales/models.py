"""What the sales team was told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order
from shop.outside.records import OutsideRecord


class SalesNote(OutsideRecord):
    """One message to the team's chat; `key` says what it is about, so that nothing is told twice."""

    class Kind(models.TextChoices):
        """Why."""

        ORDER = "order", _("order")
        RETURN = "return", _("return")
        DIGEST = "digest", _("digest")

    key = models.CharField(_("key"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="sales_notes", verbose_name=_("order")
    )
    text = models.TextField(_("text"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("sales note")
        verbose_name_plural = _("sales notes")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.key
