"""The audit trail: appended to, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """That something happened, in words, with who did it."""

    event_id = models.UUIDField(_("event"), unique=True)
    name = models.TextField(_("what"))
    stream = models.TextField(_("to what"))
    actor = models.TextField(_("who"), blank=True)
    correlation_id = models.UUIDField(_("correlation"))
    summary = models.TextField(_("summary"))
    occurred_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["stream"], name="audit_by_stream"),
            models.Index(fields=["actor"], name="audit_by_actor", condition=~Q(actor="")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.stream}"
