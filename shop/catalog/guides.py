"""Guides that are uploaded as PDF: which are accepted."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LIMIT_BYTES = 10 * 1024 * 1024
_BEGINNING, _ENDING = b"%PDF-", b"%%EOF"
#: What a reader would run or fetch by itself when it opens the file.
_ACTIVE = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile", b"/XFA")


def check_guide(guide: Any) -> None:
    """Refuse big files, what is no PDF, and a PDF that does something by itself. Raises ValidationError."""
    if getattr(guide, "_committed", False):
        return  # checked when it was uploaded
    if guide.size > LIMIT_BYTES:
        raise ValidationError(_("The PDF is larger than 10 MiB."), code="too_large")
    guide.seek(0)
    content = guide.read()
    guide.seek(0)
    if not content.startswith(_BEGINNING) or _ENDING not in content[-1024:]:
        raise ValidationError(_("This is not a PDF."), code="unreadable")
    if any(one in content for one in _ACTIVE):
        raise ValidationError(_("The PDF contains scripts or files."), code="active_content")
