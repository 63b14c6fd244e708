"""Submitted documents, and how far their parts are written.

A submission is counted by its product's revision. Each part remembers the revision it was written from, so that an
older document never overwrites a newer one, in whatever order they are worked on.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models.product import Product


class Submission(models.Model):
    """A document as it was submitted, stored once; events refer to it."""

    class State(models.TextChoices):
        """Open until every part has settled; a failed one becomes processed when its dead parts are replayed."""

        OPEN = "open", _("open")
        PROCESSED = "processed", _("processed")
        FAILED = "failed", _("failed")

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="submissions", verbose_name=_("product")
    )
    revision = models.PositiveIntegerField(_("revision"))
    document = models.JSONField(_("document"))
    parts = ArrayField(models.CharField(max_length=30), verbose_name=_("parts"))
    done = ArrayField(models.CharField(max_length=30), default=list, verbose_name=_("done"))
    failed = ArrayField(models.CharField(max_length=30), default=list, verbose_name=_("failed"))
    # Kept from being swept until the parts that use them are written.
    uploads = ArrayField(models.UUIDField(), default=list, verbose_name=_("uploads"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["product", "revision"], name="one_submission_per_revision")]
        indexes = [
            models.Index(fields=["product"], condition=~models.Q(state="processed"), name="submissions_not_processed")
        ]

    def __str__(self) -> str:
        return f"{self.product_id} ({self.revision})"


class PartState(models.Model):
    """Which revision of its product a part was last written from; the row is locked while it is written."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="part_states")
    part = models.CharField(_("part"), max_length=30)
    revision = models.PositiveIntegerField(_("revision"), default=0)

    class Meta:
        verbose_name = _("state of a part")
        verbose_name_plural = _("states of parts")
        ordering = ["product_id", "part"]
        constraints = [models.UniqueConstraint(fields=["product", "part"], name="one_state_per_part")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.part} ({self.revision})"


class Sku(models.Model):
    """Every SKU of a product or a variant, kept by triggers: no variant has the SKU of a product."""

    sku = models.CharField(primary_key=True, max_length=64)

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")

    def __str__(self) -> str:
        return self.sku
