"""Orders, their lines and their cancellations."""

import secrets
import uuid
from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField
from djmoney.money import Money

from shop.catalog.models import Product
from shop.changes import RemembersValues
from shop.customers.models import Customer

_DIGITS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """An order number people can read out; 30^10 of them, so two never meet."""
    text = "".join(secrets.choice(_DIGITS) for _digit in range(10))
    return f"BR-{text[:5]}-{text[5:]}"


class Order(RemembersValues, models.Model):
    """What one customer bought at once.

    pending ─▶ placed ─▶ paid ─▶ cancelled      Saving a new status emits order.placed or order.paid; saving a larger
       ├─────▶ declined                         cancelled_unit_count emits order.cancelled.
       └─────▶ expired
    """

    class Status(models.TextChoices):
        """pending, declined and expired orders were never placed, and of the last two nothing was charged."""

        PENDING = "pending", _("pending")
        PLACED = "placed", _("placed")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")

    number = models.CharField(_("number"), max_length=20, unique=True, default=new_number)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    total = MoneyField(_("total"), max_digits=14, decimal_places=2)
    cancelled_total = MoneyField(_("cancelled total"), max_digits=14, decimal_places=2, default=0)
    line_count = models.PositiveIntegerField(_("lines"))
    unit_count = models.PositiveBigIntegerField(_("pieces"))
    cancelled_unit_count = models.PositiveBigIntegerField(_("cancelled pieces"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    placed_at = models.DateTimeField(_("placed at"), null=True, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True, blank=True, editable=False)  # by settle_abandoned
    payment_key = models.UUIDField(_("payment key"), unique=True, default=uuid.uuid4, editable=False)
    charge_id = models.CharField(_("charge"), max_length=100, blank=True)

    watched_fields = ("status", "cancelled_total", "cancelled_unit_count")

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        permissions = [
            ("agree_prices", "Can sell at agreed prices"),
            ("cancel_order", "Can cancel orders and refund them"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="order_pending_since"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(cancelled_total__gte=0, cancelled_total__lte=F("total")),
                name="order_cancelled_within_total",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_unit_count__lte=F("unit_count")), name="order_cancelled_within_units"
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_unit_count=F("unit_count"), cancelled_total=F("total"))
                | Q(status__in=["pending", "placed", "paid", "declined", "expired"]),
                name="order_cancelled_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["placed", "paid", "cancelled"], placed_at__isnull=False)
                | Q(status__in=["pending", "declined", "expired"], placed_at__isnull=True, cancelled_unit_count=0),
                name="order_placed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def currency(self) -> str:
        """The one currency of all its amounts."""
        return self.total_currency


class OrderLine(models.Model):
    """So many pieces of a product at a price; `position` counts 1, 2, 3 … as the customer gave them."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"), max_digits=16, decimal_places=4)
    cancelled_quantity = models.PositiveIntegerField(_("cancelled"), default=0)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["order_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="one_line_per_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(cancelled_quantity__lte=F("quantity")), name="line_cancelled_within_quantity"
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} × {self.unit_price}"

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return line_amount(self.unit_price, self.quantity)

    def amount_between(self, before: int, after: int) -> Money:
        """What cancelling from `before` to `after` pieces gives back; the parts add up to the total to the penny."""
        return line_amount(self.unit_price, after) - line_amount(self.unit_price, before)


def line_amount(unit_price: Money, quantity: int) -> Money:
    """quantity × unit price, rounded half up to pennies."""
    amount = (unit_price.amount * quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Money(amount, unit_price.currency)


class Cancellation(models.Model):
    """One cancellation of (a part of) an order. Its pieces are spoken for from the moment it is requested, so that no
    other cancellation takes them while the provider refunds; a crash leaves it "refunding", and a duty ends it."""

    class Status(models.TextChoices):
        """refunding ─▶ done, or refused by the provider."""

        REFUNDING = "refunding", _("refunding")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="cancellations", verbose_name=_("order"))
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REFUNDING)
    amount = MoneyField(_("amount"), max_digits=14, decimal_places=2)
    unit_count = models.PositiveBigIntegerField(_("pieces"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=150)
    refund_id = models.CharField(_("refund"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    tried_at = models.DateTimeField(_("tried at"), null=True, blank=True, editable=False)  # by settle_abandoned

    class Meta:
        verbose_name = _("cancellation")
        verbose_name_plural = _("cancellations")
        ordering = ["order_id", "number"]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="refunding"), name="cancellation_open_since"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_cancellation_per_number"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="cancellation_not_negative"),
            models.CheckConstraint(condition=Q(unit_count__gt=0), name="cancellation_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def refund_key(self) -> str:
        """The provider's idempotency key: asking again for this cancellation never refunds twice."""
        return f"{self.order.payment_key}:cancellation-{self.number}"


class CancelledLine(models.Model):
    """The pieces of one line that a cancellation takes back."""

    cancellation = models.ForeignKey(
        Cancellation, on_delete=models.CASCADE, related_name="lines", verbose_name=_("cancellation")
    )
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+", verbose_name=_("line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("cancelled line")
        verbose_name_plural = _("cancelled lines")
        constraints = [
            models.UniqueConstraint(fields=["cancellation", "line"], name="one_cancelled_line_per_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cancelled_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"
