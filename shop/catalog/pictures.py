"""Uploaded pictures: which are accepted, and that only their pixels are kept.

What is stored was written by us: no place and camera (EXIF), no comments, and nothing hidden behind the picture.
"""

from io import BytesIO
from pathlib import PurePath
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

LIMIT_BYTES = 5 * 1024 * 1024
LIMIT_PIXELS = 25_000_000
QUALITY = 90
#: By what is in the file, whatever its name says. A phone's JPEG may hold more than one picture: MPO.
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_WRITTEN_AS = {"MPO": "JPEG"}
_KEPT = ("transparency",)


def check_picture(picture: Any) -> None:
    """Refuse big files, small files that unpack to a huge picture, and other formats. Raises ValidationError."""
    if getattr(picture, "_committed", False):
        return  # checked when it was uploaded
    if picture.size > LIMIT_BYTES:
        raise ValidationError(_("The picture is larger than 5 MiB."), code="too_large")
    _decoded(picture)


def check_stored_picture(picture: BinaryIO) -> None:
    """Refuse the same of a file that the shop has written itself, by its beginning. Raises ValidationError."""
    try:
        with Image.open(picture, formats=list(SUFFIXES)) as image:
            if image.width * image.height <= LIMIT_PIXELS:
                return
    except Exception as error:
        raise ValidationError(_("This is not a picture that can be read."), code="unreadable") from error
    raise ValidationError(_("The picture has more than 25 million pixels."), code="too_many_pixels")


def rewritten(picture: BinaryIO, name: str) -> ContentFile:
    """The same picture upright, in the same format, with the suffix of that format, and without anything else.

    Raises ValidationError.
    """
    image = _decoded(picture)
    kind = _WRITTEN_AS.get(image.format or "", image.format or "")
    image = ImageOps.exif_transpose(image)
    image.info = {name: value for name, value in image.info.items() if name in _KEPT}
    if kind == "JPEG" and image.mode not in {"L", "RGB"}:
        image = image.convert("RGB")
    content = BytesIO()
    image.save(content, kind, quality=QUALITY)
    return ContentFile(content.getvalue(), PurePath(name).stem + SUFFIXES[kind])


class PictureField(models.ImageField):
    """Stores what `rewritten` makes of an upload; a path that is set by the code is stored as it is."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Just before the upload becomes a file."""
        picture = getattr(model_instance, self.attname)
        if picture and not picture._committed:
            clean = rewritten(picture, picture.name)
            picture.save(clean.name, clean, save=False)
        return super().pre_save(model_instance, add)


def _decoded(picture: BinaryIO) -> Image.Image:
    try:
        picture.seek(0)
        image = Image.open(picture, formats=list(SUFFIXES))
        if image.width * image.height <= LIMIT_PIXELS:
            image.load()
            return image
    except Image.DecompressionBombError:
        pass
    except Exception as error:  # whatever Pillow's readers make of a broken file
        raise ValidationError(_("This is not a picture that can be read."), code="unreadable") from error
    raise ValidationError(_("The picture has more than 25 million pixels."), code="too_many_pixels")
