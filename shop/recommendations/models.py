"""Which products are bought together, and how often."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class ProductPair(models.Model):
    """In how many orders two products were, that were not cancelled or returned as a whole. The first has the smaller
    key. The count may be below zero for a moment, when a cancellation is counted before its order."""

    first = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product"), db_index=False
    )
    second = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("bought with it"))
    order_count = models.BigIntegerField(_("orders"))

    class Meta:
        verbose_name = _("products bought together")
        verbose_name_plural = _("products bought together")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_count_per_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} + {self.second_id}"
