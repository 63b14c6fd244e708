"""The ledger of points: appended to, never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.customers.models import Customer


class PointsEntry(models.Model):
    """Points that a customer got, or that were taken back. The balance is their sum."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="points", verbose_name=_("customer"))
    event_id = models.UUIDField(_("event"), unique=True)
    points = models.IntegerField(_("points"))
    reason = models.CharField(_("reason"), max_length=40)
    order_number = models.CharField(_("order"), max_length=20)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("points")
        verbose_name_plural = _("points")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.points:+d} {self.order_number}"
