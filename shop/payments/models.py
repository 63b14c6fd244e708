"""What the simulated provider remembers: the ledger a real one would keep on its side."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField


class SimulatedCharge(models.Model):
    """One try to charge a card, by idempotency key."""

    class Outcome(models.TextChoices):
        """How it ended."""

        CHARGED = "charged", _("charged")
        DECLINED = "declined", _("declined")
        CLOSED = "closed", _("closed")

    key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    amount = MoneyField(_("amount"), max_digits=16, decimal_places=2)
    card_last_four = models.CharField(_("card ending in"), max_length=4, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("simulated charge")
        verbose_name_plural = _("simulated charges")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="charge_not_negative"),
            models.CheckConstraint(
                condition=Q(outcome__in=["charged", "declined", "closed"]), name="charge_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return self.charge_id

    @property
    def charge_id(self) -> str:
        """What the provider calls it."""
        return f"ch_{self.pk}"


class SimulatedRefund(models.Model):
    """Money given back, by idempotency key."""

    key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    charge = models.ForeignKey(
        SimulatedCharge, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("charge")
    )
    amount = MoneyField(_("amount"), max_digits=16, decimal_places=2)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("simulated refund")
        verbose_name_plural = _("simulated refunds")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]

    def __str__(self) -> str:
        return self.refund_id

    @property
    def refund_id(self) -> str:
        """What the provider calls it."""
        return f"re_{self.pk}"
