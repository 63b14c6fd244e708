"""What is read of orders that were placed. The rows follow the log, and can be made again from it at any time.

They hold nothing about people: the e-mail address of a customer is looked up by key when it is shown.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order


class OrderListEntry(models.Model):
    """An order in a list. The order of the keys is that in which the orders were begun."""

    order_id = models.BigIntegerField(_("order"), primary_key=True)
    number = models.CharField(_("number"), max_length=20, unique=True)
    customer_id = models.BigIntegerField(_("customer"))
    status = models.CharField(_("status"), max_length=10, choices=Order.Status)
    is_held = models.BooleanField(_("held"), default=False)
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    cancelled_total = models.DecimalField(_("cancelled total"), max_digits=14, decimal_places=2, default=0)
    returned_total = models.DecimalField(_("returned total"), max_digits=14, decimal_places=2, default=0)
    line_count = models.PositiveIntegerField(_("lines"))
    unit_count = models.PositiveBigIntegerField(_("pieces"))
    cancelled_unit_count = models.PositiveBigIntegerField(_("cancelled pieces"), default=0)
    returned_unit_count = models.PositiveBigIntegerField(_("returned pieces"), default=0)
    created_at = models.DateTimeField(_("created at"))
    placed_at = models.DateTimeField(_("placed at"))
    packed_at = models.DateTimeField(_("packed at"), null=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("listed order")
        verbose_name_plural = _("listed orders")
        ordering = ["-order_id"]
        indexes = [
            models.Index(fields=["customer_id", "order_id"], name="listed_order_of_customer"),
            models.Index(fields=["status", "order_id"], name="listed_order_by_status"),
            models.Index(fields=["created_at", "order_id"], name="listed_order_by_created_at"),
            models.Index(fields=["total", "order_id"], name="listed_order_by_total"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderDetail(models.Model):
    """What only the page of one order shows. Each of `lines` is a dict: `position`, `product_id`, `variant_id` (or
    null), `quantity`, `unit_price`, `discount` and `tax` (amounts as text), `cancelled_quantity`, `returned_quantity`.
    """

    entry = models.OneToOneField(
        OrderListEntry,
        models.DO_NOTHING,
        primary_key=True,
        db_column="order_id",
        db_constraint=False,
        related_name="detail",
        verbose_name=_("order"),
    )
    subtotal = models.DecimalField(_("subtotal"), max_digits=14, decimal_places=2)
    discount = models.DecimalField(_("discount"), max_digits=14, decimal_places=2)
    shipping_fee = models.DecimalField(_("shipping fee"), max_digits=14, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=2)
    coupon_code = models.CharField(_("coupon"), max_length=40, blank=True)
    charge_id = models.CharField(_("charge"), max_length=100, blank=True)
    held_at = models.DateTimeField(_("held since"), null=True)
    lines = models.JSONField(_("lines"))
    #: Numbers of the cancellations and returns that are in the quantities of the lines.
    counted = models.JSONField(_("counted cancellations and returns"), default=list)

    class Meta:
        verbose_name = _("order in detail")
        verbose_name_plural = _("orders in detail")

    def __str__(self) -> str:
        return str(self.pk)
