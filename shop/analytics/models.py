"""Sales as figures. The rows follow the log, and can be made again from it at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class DailySales(models.Model):
    """What was sold and came back on one day (UTC) in one currency. Amounts before and after are never mixed: `gross`
    counts orders on the day they were placed, `cancelled` and `returned` what came back on the day it did.

    `gross` is what customers had to pay: goods, less `discount`, plus `shipping_fee` and `tax`.
    """

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    order_count = models.BigIntegerField(_("orders"))
    first_order_count = models.BigIntegerField(_("orders of new customers"), default=0)
    unit_count = models.BigIntegerField(_("pieces"))
    gross = models.DecimalField(_("gross"), max_digits=18, decimal_places=2)
    discount = models.DecimalField(_("discount"), max_digits=18, decimal_places=2, default=0)
    shipping_fee = models.DecimalField(_("shipping fee"), max_digits=18, decimal_places=2, default=0)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2, default=0)
    cancelled = models.DecimalField(_("cancelled"), max_digits=18, decimal_places=2)
    cancelled_unit_count = models.BigIntegerField(_("cancelled pieces"))
    returned = models.DecimalField(_("returned"), max_digits=18, decimal_places=2, default=0)
    returned_unit_count = models.BigIntegerField(_("returned pieces"), default=0)

    class Meta:
        verbose_name = _("daily sales")
        verbose_name_plural = _("daily sales")
        ordering = ["-day", "currency"]
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="daily_sales_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"


class ProductSales(models.Model):
    """What was sold of one product, and came back, on one day (UTC) in one currency. `revenue` is what customers had to
    pay for the pieces: their price, less their share of the discount, plus their tax."""

    day = models.DateField(_("day"))
    product = models.ForeignKey(
        Product,
        on_delete=models.DO_NOTHING,
        related_name="+",
        verbose_name=_("product"),
        db_index=False,
        db_constraint=False,
    )
    currency = models.CharField(_("currency"), max_length=3)
    unit_count = models.BigIntegerField(_("pieces"))
    revenue = models.DecimalField(_("revenue"), max_digits=18, decimal_places=2)
    cancelled_unit_count = models.BigIntegerField(_("cancelled pieces"))
    cancelled = models.DecimalField(_("cancelled"), max_digits=18, decimal_places=2)
    returned_unit_count = models.BigIntegerField(_("returned pieces"))
    returned = models.DecimalField(_("returned"), max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = _("product sales")
        verbose_name_plural = _("product sales")
        ordering = ["-day", "-unit_count", "product_id"]
        constraints = [
            models.UniqueConstraint(fields=["day", "product", "currency"], name="product_sales_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.product_id}"


class CountedReversal(models.Model):
    """That a cancellation or return is in the sales of its products: the event of a cancellation does not say which it
    was."""

    reversal_id = models.BigIntegerField(primary_key=True)
