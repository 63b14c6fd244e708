"""The labels that were bought from the carrier."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.orders.models import Order
from shop.outside.records import OutsideRecord


class Label(OutsideRecord):
    """What is stuck onto one parcel: to the customer, or back to the shop with a return.

    wanted ─▶ bought ─▶ moving ─▶ arrived      The row is there before the carrier is asked, so that a label whose
       ├─────────┴────▶ voided                 purchase was never answered is found, and voided, all the same: asking
       └────▶ refused                          again with its key tells. That it moves is the carrier's report.
    """

    class State(models.TextChoices):
        """Where it is."""

        WANTED = "wanted", _("wanted")
        BOUGHT = "bought", _("bought")
        MOVING = "moving", _("on its way")
        ARRIVED = "arrived", _("arrived")
        VOIDED = "voided", _("voided")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="labels", verbose_name=_("order"))
    return_number = models.PositiveIntegerField(_("return"), null=True, blank=True)  # nothing: on the way there
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WANTED)
    key = models.CharField(_("key"), max_length=200, unique=True, editable=False)
    outside_id = models.CharField(_("label"), max_length=100, blank=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    cost = MoneyField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    document = models.TextField(_("what is printed"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["outside_id"], condition=~Q(outside_id=""), name="one_label_per_outside_id"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["bought", "moving", "arrived"]) | (~Q(outside_id="") & ~Q(tracking_number="")),
                name="bought_label_has_number",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_number or f"{self.order_id}/{self.pk}"
