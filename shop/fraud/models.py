"""How suspicious an order is, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order


class FraudScore(models.Model):
    """The points that an order got when it was placed, with the findings they come from; what a person then decided."""

    class Verdict(models.TextChoices):
        """Nothing to decide below the threshold."""

        NOT_NEEDED = "", _("not needed")
        OPEN = "open", _("to be reviewed")
        GENUINE = "genuine", _("genuine")
        FRAUD = "fraud", _("fraud")

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="fraud_score", verbose_name=_("order"))
    points = models.PositiveIntegerField(_("points"))
    findings = models.JSONField(_("findings"))  # [{"rule": "free-mail", "points": 15, "data": {…}}]
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict, default=Verdict.NOT_NEEDED, blank=True)
    reviewed_by = models.CharField(_("reviewed by"), max_length=150, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("fraud score")
        verbose_name_plural = _("fraud scores")
        ordering = ["-id"]
        permissions = [("review_fraudscore", "Can decide whether a held order is genuine")]
        indexes = [models.Index(fields=["id"], name="fraud_to_review", condition=Q(verdict="open"))]

    def __str__(self) -> str:
        return f"{self.order}: {self.points}"
