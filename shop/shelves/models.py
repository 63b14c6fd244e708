"""Stock levels. The rows follow the log, and can be made again from it at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StockLevel(models.Model):
    """The pieces of a product, or of one variant of it, that came and went. What is reserved for orders that are not
    placed yet still lies there."""

    product_id = models.BigIntegerField(_("product"))
    #: 0 for the product itself.
    variant_id = models.BigIntegerField(_("variant"), default=0)
    counted = models.BigIntegerField(_("counted"), default=0)
    sold = models.BigIntegerField(_("sold"), default=0)
    put_back = models.BigIntegerField(_("put back"), default=0)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering = ["product_id", "variant_id"]
        constraints = [models.UniqueConstraint(fields=["product_id", "variant_id"], name="stock_level_once")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.on_hand}"

    @property
    def on_hand(self) -> int:
        """How many there are."""
        return self.counted - self.sold + self.put_back


class ShelvedReversal(models.Model):
    """That a cancellation or return is in the levels: the event of a cancellation does not say which it was."""

    reversal_id = models.BigIntegerField(primary_key=True)
