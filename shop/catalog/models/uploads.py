"""Files that wait to be used by a product."""

from pathlib import PurePath
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Ordered by time, and not to be guessed."""
    return uuid7()


def upload_of(path: str) -> UUID | None:
    """Whose file it is: an upload's is called by its id."""
    try:
        return UUID(PurePath(path).stem)
    except ValueError:
        return None


class Upload(models.Model):
    """A checked file. A day after nothing refers to it any more it is swept."""

    class Kind(models.TextChoices):
        """What it can be used for."""

        IMAGE = "image", _("image")
        PDF = "pdf", _("PDF")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    file = models.FileField(_("file"), upload_to="products/")
    name = models.CharField(_("name"), max_length=255, blank=True)
    size_bytes = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or str(self.id)
