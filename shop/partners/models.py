"""Partners who send customers, and what they are told of."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.orders.models import Order
from shop.outside.records import OutsideRecord


class Partner(models.Model):
    """Somebody who gets a commission on what the customers buy whom they send."""

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", _("Letters, digits, hyphens and underscores only."))],
        help_text=_("What stands in the link: ?ref=CODE"),
    )
    name = models.CharField(_("name"), max_length=200)
    commission_percent = models.DecimalField(
        _("commission, %"),
        max_digits=5,
        decimal_places=2,
        default=5,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Conversion(OutsideRecord):
    """A ledger: an order that a partner brought, or a part of it that was taken back. The partner's due is the sum of
    the commissions. Each is reported to the affiliate network once, as it stands here."""

    class Kind(models.TextChoices):
        """Reversals have negative amounts."""

        CONVERSION = "conversion", _("conversion")
        REVERSAL = "reversal", _("reversal")

    event_id = models.UUIDField(_("event"), unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="conversions", verbose_name=_("order"))
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="conversions", verbose_name=_("partner")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = MoneyField(_("amount"), max_digits=14, decimal_places=2)
    commission = MoneyField(_("commission"), max_digits=14, decimal_places=2)
    commission_percent = models.DecimalField(_("commission, %"), max_digits=5, decimal_places=2)
    reported_at = models.DateTimeField(_("reported at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(kind="conversion"), name="one_conversion_per_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"
