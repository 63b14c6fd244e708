"""How much of each product there is."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product, Variant


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


class VariantStock(models.Model):
    """The pieces of a variant that can still be sold: a stock of its own, beside that of its product."""

    variant = models.OneToOneField(
        Variant, on_delete=models.CASCADE, primary_key=True, related_name="stock", verbose_name=_("variant")
    )
    available = models.BigIntegerField(_("available"), default=0, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("stock of a variant")
        verbose_name_plural = _("stock of variants")
        ordering = ["variant_id"]
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="variant_stock_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.available)


class Movement(models.Model):
    """Pieces that came or went, and why: appended to, never changed.

    For every product and variant, the sum of its movements is what is available plus what is reserved for orders that
    are not placed yet; `manage.py check_stock` says where it is not.
    """

    class Reason(models.TextChoices):
        """What moved them. Nothing moves when pieces are reserved: they are still there."""

        SALE = "sale", _("sale")
        CANCELLATION = "cancellation", _("cancellation")
        RETURN = "return", _("return")
        CORRECTION = "correction", _("correction")

    # Only a product that was never sold can be deleted, and there is nothing to account for then.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="movements", verbose_name=_("product"), db_index=False
    )
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, null=True, blank=True, related_name="movements", verbose_name=_("variant")
    )
    quantity = models.BigIntegerField(_("pieces"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    source = models.CharField(_("source"), max_length=40, blank=True)  # such as cancellation-7; empty for corrections
    order_number = models.CharField(_("order"), max_length=20, blank=True)
    event_id = models.UUIDField(_("event"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["product", "id"], name="movement_by_product"),
            models.Index(fields=["order_number"], name="movement_by_order", condition=~Q(order_number="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "product", "variant"],
                condition=~Q(source=""),
                name="movement_once_per_source",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity:+d}"
