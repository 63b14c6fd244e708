"""Which uploaded pictures are accepted."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.images import get_image_dimensions
from django.utils.translation import gettext_lazy as _

LIMIT_BYTES = 5 * 1024 * 1024
LIMIT_PIXELS = 25_000_000


def check_picture(picture: Any) -> None:
    """Refuse big files, and small files that unpack to a huge picture. Raises ValidationError."""
    if getattr(picture, "_committed", False):
        return  # checked when it was uploaded
    if picture.size > LIMIT_BYTES:
        raise ValidationError(_("The picture is larger than 5 MiB."), code="too_large")
    width, height = get_image_dimensions(picture)
    if not width or not height:
        raise ValidationError(_("This is not a picture that can be read."), code="unreadable")
    if width * height > LIMIT_PIXELS:
        raise ValidationError(_("The picture has more than 25 million pixels."), code="too_many_pixels")
