"""What the warehouse was asked to send and told about it, and how far it has got."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order
from shop.outside.records import OutsideRecord


class Shipment(OutsideRecord):
    """The pieces of an order that the warehouse is to send together.

    wanted ─▶ requested ─▶ packed ─▶ shipped ─▶ delivered      An order that changes before it is shipped gets another
       ├────▶ cancelled ◀────┘                                 shipment with the next number; this one is cancelled.
       └────▶ refused

    A wanted one may be known to the warehouse already: the answer may have been lost. Asking again with its key tells.
    """

    class State(models.TextChoices):
        """Where it is."""

        WANTED = "wanted", _("wanted")
        REQUESTED = "requested", _("requested")
        PACKED = "packed", _("packed")
        SHIPPED = "shipped", _("shipped")
        DELIVERED = "delivered", _("delivered")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments", verbose_name=_("order"))
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WANTED)
    key = models.UUIDField(_("key"), unique=True, default=uuid.uuid4, editable=False)
    outside_id = models.CharField(_("shipment"), max_length=100, blank=True)
    #: As asked: [{"sku": …, "quantity": …}], so that asking again asks the same.
    lines = models.JSONField(_("pieces"))
    address = models.JSONField(_("address"), default=dict, blank=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    told_at = models.DateTimeField(_("may go since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_shipment_per_number"),
            models.UniqueConstraint(
                fields=["order"],
                condition=~Q(state__in=["cancelled", "refused"]),
                name="one_shipment_under_way_per_order",
            ),
            models.UniqueConstraint(
                fields=["outside_id"], condition=~Q(outside_id=""), name="one_shipment_per_outside_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"


class Instruction(models.Model):
    """What the fulfilment of an order has decided about its parcel. Without one the warehouse packs it and waits."""

    class Word(models.TextChoices):
        """It may go, with this carrier and number on it, or with none; or it is not sent, whatever the order says."""

        GO = "go", _("go")
        WITHDRAWN = "withdrawn", _("withdrawn")

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="+", verbose_name=_("order"))
    word = models.CharField(_("word"), max_length=10, choices=Word)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    class Meta:
        verbose_name = _("instruction to the warehouse")
        verbose_name_plural = _("instructions to the warehouse")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.word}"
