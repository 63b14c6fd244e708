"""Taking in files for products, and sweeping those that nobody came to use."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from PIL import Image as Picture

from shop.catalog.guides import check_guide
from shop.catalog.models import AssemblyGuide, Image, OptionValueImage, Product, Submission, Upload
from shop.catalog.pictures import check_picture, rewritten
from shop.catalog.thumbnails import derived_names

UNUSED_FOR = timedelta(days=1)
_AT_ONCE = 500
_PDF = b"%PDF-"


def store_upload(file: Any, name: str, by: Any = None) -> Upload:
    """Check a file and keep it until a product uses it: a picture as its pixels alone, a PDF as it is. What it is, its
    content says and not its name. Raises ValidationError."""
    file.seek(0)
    is_pdf = file.read(len(_PDF)) == _PDF
    file.seek(0)
    upload = Upload(kind=Upload.Kind.PDF if is_pdf else Upload.Kind.IMAGE, name=name[:255], by=by)
    content = _guide(file) if is_pdf else _picture(file, upload)
    upload.size_bytes = content.size
    upload.file.save(f"{upload.id}.{content.name.rpartition('.')[2]}", content, save=False)
    upload.save(force_insert=True)
    return upload


def sweep_uploads(now: datetime) -> int:
    """Delete uploads that are a day old and used by nothing, with their files; how many. Twice is once."""
    with transaction.atomic():
        old = Upload.objects.filter(created_at__lt=now - UNUSED_FOR).exclude(pk__in=_waiting())
        unused = old.filter(*(~used for used in _uses()))
        locked = list(unused.select_for_update(skip_locked=True)[:_AT_ONCE])
        kept = _waiting()  # again: whoever submitted a moment ago held them locked, see hold_uploads
        swept = [upload for upload in locked if upload.pk not in kept]
        Upload.objects.filter(pk__in=[upload.pk for upload in swept]).delete()
        paths = [path for upload in swept for path in _files(upload)]
        transaction.on_commit(lambda: [default_storage.delete(path) for path in paths])
    return len(swept)


def hold_uploads(uploads: Sequence[UUID]) -> None:
    """Keep these from being swept until the transaction ends, by when whoever uses them is stored."""
    if uploads:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM catalog_upload WHERE id = ANY(%s) FOR KEY SHARE", [uploads])


def _waiting() -> set[UUID]:
    """What documents refer to that are not written yet."""
    waiting = Submission.objects.exclude(state=Submission.State.PROCESSED).values_list("uploads", flat=True)
    return {pk for uploads in waiting for pk in uploads}


def _uses() -> Iterator[Exists]:
    """By the id, and by the path: a document that was read from the shop and sent again names its files by path."""
    for model in (Image, OptionValueImage, AssemblyGuide):
        yield Exists(model._default_manager.filter(upload=OuterRef("pk")))
        yield Exists(model._default_manager.filter(file=OuterRef("file")))
    yield Exists(Product.objects.filter(picture=OuterRef("file")))


def _files(upload: Upload) -> list[str]:
    path = upload.file.name
    return [path, *derived_names(path).values()] if upload.kind == Upload.Kind.IMAGE else [path]


def _guide(file: Any) -> ContentFile:
    check_guide(file)
    return ContentFile(file.read(), "guide.pdf")


def _picture(file: Any, upload: Upload) -> ContentFile:
    if _is_drawing(file):
        raise ValidationError(_("Drawings (SVG) can contain scripts and are not accepted."), code="svg")
    check_picture(file)
    content = rewritten(file, "picture")
    with Picture.open(BytesIO(content.read())) as picture:
        upload.width, upload.height = picture.size
    content.seek(0)
    return content


def _is_drawing(file: Any) -> bool:
    beginning = file.read(1024).lstrip().lower()
    file.seek(0)
    return b"<svg" in beginning
