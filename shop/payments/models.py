"""What the shop knows about payments: each question to the provider, and each report that came from it."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField


class Payment(models.Model):
    """One charge, capture or refund, by its idempotency key, as far as the provider's answers say.

    A charge is authorised while its money is only reserved, and charged once it was taken. The book adds up: what was
    captured (at the checkout: charged) less what was refunded is what the shop has. A refund of money that was only
    reserved is released, and counts nowhere: no money moved.
    """

    class Kind(models.TextChoices):
        """Which way the money goes."""

        CHARGE = "charge", _("charge")
        CAPTURE = "capture", _("capture")
        REFUND = "refund", _("refund")

    class Outcome(models.TextChoices):
        """unknown: no answer came; the provider is asked again. closed: never charged, and never will be."""

        UNKNOWN = "unknown", _("unknown")
        AUTHORISED = "authorised", _("authorised")
        CHARGED = "charged", _("charged")
        DECLINED = "declined", _("declined")
        CLOSED = "closed", _("closed")
        CAPTURED = "captured", _("captured")
        RELEASED = "released", _("released")
        REFUNDED = "refunded", _("refunded")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")
        DISPUTED = "disputed", _("disputed")

    key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=100, blank=True)
    amount = MoneyField(_("amount"), max_digits=16, decimal_places=2, null=True)
    provider_id = models.CharField(_("at the provider"), max_length=100, blank=True, db_index=True)
    # Of captures and refunds: the charge that they are about, by the provider's id.
    charge_id = models.CharField(_("charge"), max_length=100, blank=True, db_index=True)
    card_last_four = models.CharField(_("card ending in"), max_length=4, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind="charge",
                    outcome__in=["unknown", "authorised", "charged", "declined", "closed", "released", "disputed"],
                )
                | Q(kind="capture", outcome__in=["unknown", "captured", "refused"])
                | Q(kind="refund", outcome__in=["unknown", "released", "refunded", "refused", "failed"]),
                name="payment_outcome_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.provider_id or self.key


class ProviderReport(models.Model):
    """A webhook of the payment provider, kept once by its event id, as it came."""

    event_id = models.CharField(_("event"), max_length=255, unique=True)
    type = models.CharField(_("type"), max_length=100)
    thing_id = models.CharField(_("about"), max_length=255, blank=True, db_index=True)
    content = models.JSONField(_("content"))
    told_at = models.DateTimeField(_("told at"))
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    class Meta:
        verbose_name = _("report of the payment provider")
        verbose_name_plural = _("reports of the payment provider")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    def about(self, name: str) -> str:
        """A field of the thing that the report is about; empty when there is none."""
        return text_about(self.content, name)


def text_about(content: dict[str, Any], name: str) -> str:
    """A text field of the `object` in a webhook's data; empty when there is none."""
    thing = content.get("object")
    value = thing.get(name) if isinstance(thing, dict) else None
    return value if isinstance(value, str) else ""


class StripeIntent(models.Model):
    """Which PaymentIntent belongs to an idempotency key. An empty one: the key was closed before there was any.

    What several processes could decide at once is decided by who changes the row: whether the key stands or is closed
    (`decision`, empty while nobody has), and how much is captured, in the currency's smallest unit (`capture_units`).
    """

    class Decision(models.TextChoices):
        """What became of the key."""

        STANDS = "stands", _("stands")
        CLOSED = "closed", _("closed")

    key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    intent_id = models.CharField(_("PaymentIntent"), max_length=100, blank=True)
    declined_for = models.CharField(_("declined for"), max_length=40, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    capture_units = models.PositiveBigIntegerField(_("to capture"), null=True, blank=True)

    class Meta:
        verbose_name = _("PaymentIntent")
        verbose_name_plural = _("PaymentIntents")

    def __str__(self) -> str:
        return self.intent_id or self.key


class StripeRelease(models.Model):
    """A part of an intent's money that is not to be captured, by the refund's idempotency key. Stripe is told when the
    rest is captured, or when nothing is left and the intent is cancelled."""

    key = models.CharField(_("idempotency key"), max_length=100, unique=True)
    intent = models.ForeignKey(
        StripeIntent, on_delete=models.CASCADE, related_name="releases", verbose_name=_("PaymentIntent")
    )
    units = models.PositiveBigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")

    def __str__(self) -> str:
        return f"release_{self.pk}"
