"""Invoices and credit notes: numbered without gaps, written once, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.orders.models import Order


class Series(models.Model):
    """The last number given in a series and year; whoever takes the next one locks the row until the paper is there."""

    name = models.CharField(_("series"), max_length=10)
    year = models.PositiveIntegerField(_("year"))
    last = models.PositiveBigIntegerField(_("last number"))

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")
        constraints = [models.UniqueConstraint(fields=["name", "year"], name="one_series_a_year")]

    def __str__(self) -> str:
        return f"{self.name}-{self.year}-{self.last:06}"


class Paper(models.Model):
    """An invoice, or a credit note that takes back a part of one.

    `content` is all that is printed on it, so that the same file can be drawn at any time; `sha256` is that of the
    file as it was drawn first.
    """

    class Kind(models.TextChoices):
        """Each has its own series."""

        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    number = models.CharField(_("number"), max_length=30, unique=True)
    year = models.PositiveIntegerField(_("year"))
    sequence = models.PositiveBigIntegerField(_("number in its series"))
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="papers", verbose_name=_("order"))
    invoice = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes", verbose_name=_("invoice")
    )
    occasion = models.CharField(_("occasion"), max_length=60, editable=False)
    total = MoneyField(_("total"), max_digits=14, decimal_places=2)
    language = models.CharField(_("language"), max_length=10)
    content = models.JSONField(_("content"))
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("invoice or credit note")
        verbose_name_plural = _("invoices and credit notes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "sequence"], name="one_paper_per_number"),
            models.UniqueConstraint(fields=["order", "occasion"], name="one_paper_per_occasion"),
            models.CheckConstraint(
                condition=Q(kind="invoice", invoice__isnull=True) | Q(kind="credit_note", invoice__isnull=False),
                name="credit_note_has_invoice",
            ),
        ]

    def __str__(self) -> str:
        return self.number
