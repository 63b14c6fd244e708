"""Which days have been exported, and which are due."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LakeDay(models.Model):
    """One day (UTC). Whatever changes it later asks for it once more; it is due while more was asked than exported."""

    day = models.DateField(_("day"), primary_key=True)
    asked_count = models.PositiveBigIntegerField(_("asked"), default=1)
    exported_count = models.PositiveBigIntegerField(_("answered"), default=0)
    exported_at = models.DateTimeField(_("exported at"), null=True, blank=True)
    order_count = models.PositiveBigIntegerField(_("orders"), default=0)
    line_count = models.PositiveBigIntegerField(_("lines"), default=0)
    reversal_count = models.PositiveBigIntegerField(_("cancellations and returns"), default=0)

    class Meta:
        verbose_name = _("exported day")
        verbose_name_plural = _("exported days")
        ordering = ["-day"]
        indexes = [
            models.Index(fields=["day"], name="lake_day_due", condition=Q(asked_count__gt=F("exported_count"))),
        ]

    def __str__(self) -> str:
        return f"{self.day}"

    @property
    def is_due(self) -> bool:
        """Something changed it since it was exported."""
        return self.asked_count > self.exported_count
