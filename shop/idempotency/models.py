"""What a key was first used for, and what it was answered."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RecordedRequest(models.Model):
    """One caller's idempotency key. `status` is empty while the request is in progress.

    `reference` names the work itself, such as an order's payment key: whoever finds the record open after a crash asks
    by it what became of the work.
    """

    scope = models.CharField(_("caller"), max_length=100)
    key = models.CharField(_("idempotency key"), max_length=255)
    operation = models.CharField(_("operation"), max_length=100)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    body = models.TextField(_("answer"), blank=True)  # not jsonb, which would forget in which order it was written
    media_type = models.CharField(_("media type"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    begun_at = models.DateTimeField(_("begun at"))

    class Meta:
        verbose_name = _("recorded request")
        verbose_name_plural = _("recorded requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_request_per_key"),
            models.CheckConstraint(condition=~Q(key=""), name="recorded_request_has_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="recorded_request_age")]

    def __str__(self) -> str:
        return f"{self.operation} {self.reference}"
