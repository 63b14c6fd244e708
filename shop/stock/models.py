"""How much of each product there is."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class StockItem(models.Model):
    """The pieces of a product that can still be sold; reserved pieces are already taken off."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="stock", verbose_name=_("product")
    )
    available = models.BigIntegerField(_("available"), default=0, validators=[MinValueValidator(0)])
    low_at = models.IntegerField(_("low at"), default=5, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        ordering = ["product_id"]
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="stock_available_not_negative"),
            models.CheckConstraint(condition=Q(low_at__gte=0), name="stock_low_at_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.available)

    @property
    def is_low(self) -> bool:
        """Time to order more."""
        return self.available <= self.low_at
