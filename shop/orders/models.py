"""Orders and their lines."""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition
from djmoney.models.fields import MoneyField
from djmoney.money import Money

from shop.carts.models import Cart
from shop.catalog.models import Product, Variant
from shop.changes import RemembersValues
from shop.customers.models import Customer
from shop.orders.notes import OrderNote as OrderNote
from shop.orders.reversals import Reversal as Reversal
from shop.orders.reversals import ReversedLine as ReversedLine
from shop.pricing.rounding import rounded

_DIGITS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """An order number people can read out; 30^10 of them, so two never meet."""
    text = "".join(secrets.choice(_DIGITS) for _digit in range(10))
    return f"BR-{text[:5]}-{text[5:]}"


def _not_held(order: "Order") -> bool:
    return order.held_at is None


class Order(RemembersValues, models.Model):
    """What one customer bought at once. Only the transitions below change its state:

    pending ─▶ placed ─▶ paid ─▶ packed ─▶ shipped ─▶ delivered
       ├─▶ declined        └──┬─────┘         └────┬──────┘
       └─▶ expired        cancelled             returned

    from               | transition              | to        | saving it emits
    pending            | place                   | placed    | order.placed
    placed             | pay                     | paid      | order.paid
    pending            | decline, expire         | declined, expired
    paid, if not held  | pack                    | packed    | order.packed
    packed             | ship                    | shipped   | order.shipped
    shipped            | deliver                 | delivered | order.delivered
    paid, packed       | cancel_rest             | cancelled | order.cancelled
    shipped, delivered | return_rest             | returned  | order.returned

    A part that is cancelled or returned leaves the state and emits as well: what is saved then is the larger count of
    pieces. order.refunded follows both when money went back. A hold (`held_at`) is no state; setting and clearing it
    emits order.held and order.released.
    """

    class Status(models.TextChoices):
        """pending, declined and expired orders were never placed, and of the last two nothing was charged."""

        PENDING = "pending", _("pending")
        PLACED = "placed", _("placed")
        PAID = "paid", _("paid")
        PACKED = "packed", _("packed")
        SHIPPED = "shipped", _("shipped")
        DELIVERED = "delivered", _("delivered")
        CANCELLED = "cancelled", _("cancelled")
        RETURNED = "returned", _("returned")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")

    number = models.CharField(_("number"), max_length=20, unique=True, default=new_number)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer"))
    status = FSMField(
        _("status"), max_length=10, choices=Status, default=Status.PENDING, protected=True, db_index=False
    )
    subtotal = MoneyField(_("subtotal"), max_digits=14, decimal_places=2, default=0)
    discount = MoneyField(_("discount"), max_digits=14, decimal_places=2, default=0)
    shipping_fee = MoneyField(_("shipping fee"), max_digits=14, decimal_places=2, default=0)
    tax = MoneyField(_("tax"), max_digits=14, decimal_places=2, default=0)
    total = MoneyField(_("total"), max_digits=14, decimal_places=2)
    coupon_code = models.CharField(_("coupon"), max_length=40, blank=True)
    cart = models.ForeignKey(Cart, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    affiliate = models.CharField(_("partner code"), max_length=40, blank=True)  # of the partner who sent the customer
    # As they were when the order was placed: name, line1, line2, city, region, postal_code, country, phone; or nothing.
    shipping_address = models.JSONField(_("shipping address"), default=dict, blank=True)
    billing_address = models.JSONField(_("billing address"), default=dict, blank=True)
    cancelled_total = MoneyField(_("cancelled total"), max_digits=14, decimal_places=2, default=0)
    returned_total = MoneyField(_("returned total"), max_digits=14, decimal_places=2, default=0)
    line_count = models.PositiveIntegerField(_("lines"))
    unit_count = models.PositiveBigIntegerField(_("pieces"))
    cancelled_unit_count = models.PositiveBigIntegerField(_("cancelled pieces"), default=0)
    returned_unit_count = models.PositiveBigIntegerField(_("returned pieces"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    placed_at = models.DateTimeField(_("placed at"), null=True, blank=True)
    packed_at = models.DateTimeField(_("packed at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    hold_reason = models.CharField(_("why it is held"), max_length=200, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True, blank=True, editable=False)  # by settle_abandoned
    payment_key = models.UUIDField(_("payment key"), unique=True, default=uuid.uuid4, editable=False)
    charge_id = models.CharField(_("charge"), max_length=100, blank=True)
    captured_at = models.DateTimeField(_("money taken at"), null=True, blank=True)  # empty: it is only reserved

    watched_fields = ("status", "cancelled_total", "cancelled_unit_count", "held_at")

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        permissions = [
            ("agree_prices", "Can sell at agreed prices"),
            ("cancel_order", "Can cancel orders and refund them"),
            ("fulfil_order", "Can pack, ship and deliver orders"),
            ("return_order", "Can take orders back and refund them"),
            ("hold_order", "Can hold and release orders"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="order_pending_since"),
            models.Index(fields=["placed_at"], name="order_by_placed_at"),
            models.Index(fields=["placed_at"], condition=Q(status__in=["paid", "packed"]), name="order_unsent_since"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    cancelled_total__gte=0, returned_total__gte=0, total__gte=F("cancelled_total") + F("returned_total")
                ),
                name="order_cancelled_within_total",
            ),
            models.CheckConstraint(
                condition=Q(unit_count__gte=F("cancelled_unit_count") + F("returned_unit_count")),
                name="order_cancelled_within_units",
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=F("subtotal"), shipping_fee__gte=0, tax__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_unit_count=F("unit_count"), cancelled_total=F("total"))
                | Q(status="returned", unit_count=F("cancelled_unit_count") + F("returned_unit_count"))
                | ~Q(status__in=["cancelled", "returned"]),
                name="order_cancelled_is_whole",
            ),
            models.CheckConstraint(
                condition=(~Q(status__in=["pending", "declined", "expired"]) & Q(placed_at__isnull=False))
                | Q(status__in=["pending", "declined", "expired"], placed_at__isnull=True, cancelled_unit_count=0),
                name="order_placed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["shipped", "delivered", "returned"], shipped_at__isnull=False)
                | (~Q(status__in=["shipped", "delivered", "returned"]) & Q(returned_unit_count=0)),
                name="order_returned_after_shipping",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def currency(self) -> str:
        """The one currency of all its amounts."""
        return self.total_currency

    def refresh_from_db(
        self, using: str | None = None, fields: Collection[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Read again, the state too: nobody may assign it, so Django finds its place empty."""
        if fields is None:
            self._prefetched_objects_cache = {}
            fields = [field.attname for field in self._meta.concrete_fields if field.attname in self.__dict__]
        if "status" in fields:
            self.__dict__.pop("status", None)
        super().refresh_from_db(using, fields, from_queryset)

    @transition(status, Status.PENDING, Status.PLACED)
    def place(self, now: datetime) -> None:
        """The shop has accepted it."""
        self.placed_at = now

    @transition(status, Status.PLACED, Status.PAID)
    def pay(self, charge_id: str, captured_at: datetime | None) -> None:
        """Charged, or the money is reserved; without a charge when it costs nothing."""
        self.charge_id, self.captured_at = charge_id, captured_at

    @transition(status, Status.PENDING, Status.DECLINED)
    def decline(self) -> None:
        """The card was declined."""

    @transition(status, Status.PENDING, Status.EXPIRED)
    def expire(self) -> None:
        """It was never charged and never will be."""

    @transition(status, Status.PAID, Status.PACKED, conditions=[_not_held])
    def pack(self, now: datetime) -> None:
        """The pieces are in parcels."""
        self.packed_at = now

    @transition(status, Status.PACKED, Status.SHIPPED)
    def ship(self, now: datetime, carrier: str, tracking_number: str) -> None:
        """The carrier has it."""
        self.shipped_at, self.carrier, self.tracking_number = now, carrier, tracking_number

    @transition(status, Status.SHIPPED, Status.DELIVERED)
    def deliver(self, now: datetime) -> None:
        """The customer has it."""
        self.delivered_at = now

    @transition(status, [Status.PAID, Status.PACKED], Status.CANCELLED)
    def cancel_rest(self) -> None:
        """Nothing of it is left to be shipped."""

    @transition(status, [Status.SHIPPED, Status.DELIVERED], Status.RETURNED)
    def return_rest(self) -> None:
        """Nothing of it is left with the customer."""


class OrderLine(models.Model):
    """So many pieces of a product at a price; `position` counts 1, 2, 3 … as the customer gave them."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("variant")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"), max_digits=16, decimal_places=4)
    # The line's shares of the order's discount and of the tax on its goods; the shares add up to the penny.
    discount = MoneyField(_("discount"), max_digits=14, decimal_places=2, default=0)
    tax = MoneyField(_("tax"), max_digits=14, decimal_places=2, default=0)
    cancelled_quantity = models.PositiveIntegerField(_("cancelled"), default=0)
    returned_quantity = models.PositiveIntegerField(_("returned"), default=0)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["order_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="one_line_per_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("cancelled_quantity") + F("returned_quantity")),
                name="line_cancelled_within_quantity",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} × {self.unit_price}"

    @property
    def sku(self) -> str:
        """Of the variant, else of the product."""
        return self.variant.sku if self.variant else self.product.sku

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return line_amount(self.unit_price, self.quantity)

    @property
    def paid_for(self) -> Money:
        """The price of all pieces, less the line's share of the discount, plus its tax."""
        return self.total - self.discount + self.tax

    def amount_between(self, before: int, after: int) -> Money:
        """What taking back from `before` to `after` pieces gives back; the parts add up to `paid_for` to the penny."""
        return self._amount_of(after) - self._amount_of(before)

    def _amount_of(self, quantity: int) -> Money:
        price, whole = line_amount(self.unit_price, quantity), self.total
        if self.paid_for == whole:
            return price
        share = price.amount / whole.amount if whole.amount else Decimal(quantity) / self.quantity
        return rounded(self.paid_for.amount * share, str(whole.currency))


def line_amount(unit_price: Money, quantity: int) -> Money:
    """quantity × unit price, rounded half up to what the currency can pay."""
    return rounded(unit_price.amount * quantity, str(unit_price.currency))
