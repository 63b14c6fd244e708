"""Uploaded pictures are bounded in bytes and in pixels."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django import Settings

from shop.catalog.models import Product
from tests.shop.builders import make_product

pytestmark = pytest.mark.django_db


def png(width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("1", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def upload(content: bytes, name: str = "chair.png") -> Product:
    product = make_product()
    product.picture = SimpleUploadedFile(name, content)
    product.full_clean()
    return product


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (png(6000, 6000), "bomb.png", "too_many_pixels"),
        (b"<script>alert(1)</script>", "page.png", "unreadable"),
        (b"x" * (5 * 1024 * 1024 + 1), "big.png", "too_large"),
        (png(10, 10), "chair.svg", "invalid_extension"),
        (png(10, 10), "chair.html", "invalid_extension"),
    ],
)
def test_what_is_no_reasonable_picture_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        upload(content, name)
    assert code in [error.code for error in caught.value.error_dict["picture"]]


def test_a_stored_picture_is_not_read_again_and_may_even_be_lost(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    product = upload(png(100, 100))
    product.save()
    stored = Product.objects.get(pk=product.pk)
    stored.picture.storage.delete(stored.picture.name)
    stored.full_clean()
    assert stored.changed_fields() == []
