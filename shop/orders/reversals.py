"""Pieces of an order that are taken back for money: cancelled before they are shipped, or returned after."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField


class Reversal(models.Model):
    """One cancellation or return of (a part of) an order. Its pieces are spoken for from the moment it is written, so
    that no other takes them while the provider refunds; a crash leaves it "refunding", and a duty ends it.

    requested ─▶ refunding ─▶ done        A customer's return waits as "requested" until the pieces are there; staff
        │            └──────▶ refused     reject it, or receive them and refund. Everything else begins "refunding";
        └──────────▶ rejected             "refused" is the payment provider's word.
    """

    class Kind(models.TextChoices):
        """Before or after shipping."""

        CANCELLATION = "cancellation", _("cancellation")
        RETURN = "return", _("return")

    class Status(models.TextChoices):
        """The first two still speak for their pieces."""

        REQUESTED = "requested", _("requested")
        REFUNDING = "refunding", _("refunding")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        REJECTED = "rejected", _("rejected")

    order = models.ForeignKey(
        "orders.Order", on_delete=models.CASCADE, related_name="reversals", verbose_name=_("order")
    )
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.CANCELLATION)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REFUNDING)
    restock = models.BooleanField(_("back into stock"), default=True)
    amount = MoneyField(_("amount"), max_digits=14, decimal_places=2)
    unit_count = models.PositiveBigIntegerField(_("pieces"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=150)
    refund_id = models.CharField(_("refund"), max_length=100, blank=True)
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True)  # of a customer's return
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    tried_at = models.DateTimeField(_("tried at"), null=True, blank=True, editable=False)  # by settle_abandoned

    class Meta:
        verbose_name = _("cancellation or return")
        verbose_name_plural = _("cancellations and returns")
        ordering = ["order_id", "number"]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="refunding"), name="reversal_open_since"),
            models.Index(fields=["created_at"], name="reversal_by_created_at"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_reversal_per_number"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="reversal_not_negative"),
            models.CheckConstraint(condition=Q(unit_count__gt=0), name="reversal_has_units"),
            models.CheckConstraint(
                condition=Q(kind="return") | Q(kind="cancellation", status__in=["refunding", "done", "refused"]),
                name="reversal_request_is_return",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def refund_key(self) -> str:
        """The provider's idempotency key: asking again for this one never refunds twice."""
        return f"{self.order.payment_key}:{self.kind}-{self.number}"


class ReversedLine(models.Model):
    """The pieces of one line that a cancellation or return takes back."""

    reversal = models.ForeignKey(
        Reversal, on_delete=models.CASCADE, related_name="lines", verbose_name=_("cancellation or return")
    )
    line = models.ForeignKey("orders.OrderLine", on_delete=models.CASCADE, related_name="+", verbose_name=_("line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("line taken back")
        verbose_name_plural = _("lines taken back")
        constraints = [
            models.UniqueConstraint(fields=["reversal", "line"], name="one_reversed_line_per_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reversed_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"
