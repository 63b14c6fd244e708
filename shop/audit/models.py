"""The audit trail: appended to, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """That something happened, in words, with who did it.

    A trigger numbers the entries 1, 2, 3 … without gaps and chains them: `hash` is SHA-256 over the hash before and
    this entry. Another trigger refuses to change or delete them.
    """

    event_id = models.UUIDField(_("event"), unique=True)
    name = models.TextField(_("what"))
    stream = models.TextField(_("to what"))
    actor = models.TextField(_("who"), blank=True)
    correlation_id = models.UUIDField(_("correlation"))
    summary = models.TextField(_("summary"))
    occurred_at = models.DateTimeField(_("when"))
    hash = models.BinaryField(_("hash"))

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


class AuditSeal(models.Model):
    """The end of the trail as it was at some time. A trail whose last entries are gone still chains, but has no entry
    that fits this."""

    number = models.BigIntegerField(_("last entry"), primary_key=True)
    hash = models.BinaryField(_("hash"))
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}:{bytes(self.hash).hex()}"
