"""What the staff should look at."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class LowStockNotice(models.Model):
    """That a product was running low; once a day (UTC) at most, with the pieces that were left when it was noticed."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product"))
    noticed_on = models.DateField(_("noticed on"))
    available = models.BigIntegerField(_("available"))
    low_at = models.IntegerField(_("low at"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("low-stock notice")
        verbose_name_plural = _("low-stock notices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["product", "noticed_on"], name="one_low_stock_notice_a_day")]

    def __str__(self) -> str:
        return f"{self.product}: {self.available}"
