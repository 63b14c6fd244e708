"""The smaller pictures that are made of an image, and its copy in WebP.

Their names follow from the image's, whose file never changes: what an earlier try has made is not made again, so that
many large pictures are done at last, however short one try is.
"""

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

#: The longest side, in pixels.
SIZES = {"small": 160, "medium": 480, "large": 960}
#: Where it is, the others are.
_LAST = min(SIZES, key=SIZES.__getitem__)
_QUALITY = 82


def make_thumbnails(path: str) -> dict[str, str]:
    """Paths in the media storage by size, with `webp` for the whole picture. A picture is never made larger."""
    names = derived_names(path)
    if default_storage.exists(names[_LAST]):
        return names
    with default_storage.open(path) as file, Image.open(file) as image:
        image.load()
        picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
    _store(picture, names["webp"])
    for size in sorted(SIZES, key=SIZES.__getitem__, reverse=True):
        picture.thumbnail((SIZES[size], SIZES[size]), Image.Resampling.LANCZOS)
        _store(picture, names[size])
    return names


def derived_names(path: str) -> dict[str, str]:
    """What the pictures made of that one are called."""
    return {size: f"{path}.{pixels}.webp" for size, pixels in SIZES.items()} | {"webp": f"{path}.webp"}


def _store(picture: Image.Image, name: str) -> None:
    content = BytesIO()
    picture.save(content, "WEBP", quality=_QUALITY, method=2)
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content.getvalue()))
