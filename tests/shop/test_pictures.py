"""Uploaded pictures are bounded in bytes and in pixels, and only their pixels are kept."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from shop.catalog.models import Product
from tests.shop.builders import make_product
from tests.shop.pages import form_values

pytestmark = pytest.mark.django_db
ORIENTATION = 0x0112


def png(width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("1", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def gif() -> bytes:
    buffer = BytesIO()
    Image.new("P", (10, 10)).save(buffer, "GIF")
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
        (gif(), "chair.png", "unreadable"),
        (png(10, 10), "chair.svg", "invalid_extension"),
        (png(10, 10), "chair.html", "invalid_extension"),
    ],
)
def test_what_is_no_reasonable_picture_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        upload(content, name)
    assert code in [error.code for error in caught.value.error_dict["picture"]]


def secretive(kind: str, **options: Any) -> bytes:
    """A picture with a place, a comment and a tail."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SECRET camera"
    exif.get_ifd(0x8825)[1] = "SECRET place"
    buffer = BytesIO()
    image = Image.effect_noise((30, 20), 40).convert("RGB")
    image.save(buffer, kind, exif=exif, icc_profile=b"SECRET profile" * 20, **options)
    return buffer.getvalue() + b"<script>SECRET tail</script>"


@pytest.mark.parametrize(
    ("kind", "name", "stored"),
    [
        ("JPEG", "chair.jpg", "chair.jpg"),
        ("JPEG", "chair.png", "chair.jpg"),
        ("PNG", "chair.webp", "chair.png"),
        ("WEBP", "chair.jpeg", "chair.webp"),
        ("MPO", "chair.jpg", "chair.jpg"),
    ],
)
def test_only_the_pixels_of_an_upload_are_stored(
    settings: Settings, tmp_path: Path, kind: str, name: str, stored: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    options = {
        "JPEG": {"comment": b"SECRET comment"},
        "MPO": {"save_all": True, "append_images": [Image.new("RGB", (30, 20))]},
    }
    product = upload(secretive(kind, **options.get(kind, {})), name)
    product.save()
    product.refresh_from_db()
    assert product.picture.name == f"products/{stored}"
    content = (tmp_path / product.picture.name).read_bytes()
    assert b"SECRET" not in content
    with Image.open(BytesIO(content)) as image:
        image.load()
        assert image.format == ("JPEG" if kind == "MPO" else kind)
        assert image.size == (20, 30)  # upright, as the camera meant it
        assert not image.getexif()
        assert "icc_profile" not in image.info


def test_an_upload_in_the_admin_is_stored_without_its_secrets(
    settings: Settings, tmp_path: Path, admin_client: Client
) -> None:
    settings.MEDIA_ROOT = tmp_path
    path = reverse("admin:catalog_product_change", args=[make_product().pk])
    values = form_values(admin_client.get(path).content.decode())
    values["picture"] = SimpleUploadedFile("chair.png", secretive("PNG"))
    assert admin_client.post(path, values).status_code == 302
    assert b"SECRET" not in (tmp_path / "products" / "chair.png").read_bytes()


def test_what_can_be_seen_through_stays_so(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    buffer = BytesIO()
    Image.new("P", (4, 4), 0).save(buffer, "PNG", transparency=0)
    product = upload(buffer.getvalue())
    product.save()
    with Image.open(tmp_path / product.picture.name) as image:
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0


def test_a_picture_that_breaks_off_is_refused() -> None:
    whole = secretive("JPEG").partition(b"<script>")[0]
    with pytest.raises(ValidationError) as caught:
        upload(whole[:-200], "chair.jpg")
    assert [error.code for error in caught.value.error_dict["picture"]] == ["unreadable"]


def test_a_stored_picture_is_not_read_again_and_may_even_be_lost(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    product = upload(png(100, 100))
    product.save()
    stored = Product.objects.get(pk=product.pk)
    stored.picture.storage.delete(stored.picture.name)
    stored.full_clean()
    assert stored.changed_fields() == []
