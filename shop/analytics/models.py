"""Sales as figures."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DailySales(models.Model):
    """What was sold and cancelled on one day (UTC) in one currency; amounts before and after are never mixed: `gross`
    counts orders on the day they were placed, `cancelled` cancellations on the day they happened."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    order_count = models.BigIntegerField(_("orders"))
    unit_count = models.BigIntegerField(_("pieces"))
    gross = models.DecimalField(_("gross"), max_digits=18, decimal_places=2)
    cancelled = models.DecimalField(_("cancelled"), max_digits=18, decimal_places=2)
    cancelled_unit_count = models.BigIntegerField(_("cancelled pieces"))

    class Meta:
        verbose_name = _("daily sales")
        verbose_name_plural = _("daily sales")
        ordering = ["-day", "currency"]
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="daily_sales_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"
