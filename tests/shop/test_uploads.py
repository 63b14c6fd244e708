"""Files for products: bounded, re-encoded, and swept when nobody uses them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from events import catalogue
from events.testing import Rehearsal
from shop.catalog.document import Changes, read_document
from shop.catalog.models import Product, Upload
from shop.catalog.parts import PARTS, images
from shop.catalog.submitting import submit_changes
from shop.catalog.thumbnails import make_thumbnails
from shop.catalog.uploading import sweep_uploads
from tests.shop.builders import at_once, make_product, staff_client
from tests.shop.documents import PDF, picture, simple_document, submitted, uploaded
from tests.shop.test_pictures import gif, png, secretive

pytestmark = pytest.mark.django_db
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(content: bytes, name: str = "chair.png", client: APIClient | None = None) -> Any:
    client = client or staff_client("catalog.change_product")
    return client.post("/api/uploads/", {"file": SimpleUploadedFile(name, content)}, format="multipart")


def test_a_picture_is_kept_as_its_pixels_and_a_pdf_as_it_is(media: Path) -> None:
    answer = send(secretive("JPEG"), "../../chair.html")
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert (shown["kind"], shown["width"], shown["height"]) == ("image", 20, 30)
    stored = media / "products" / f"{shown['id']}.jpg"
    assert b"SECRET" not in stored.read_bytes()
    answer = send(PDF, "guide.pdf")
    assert (answer.status_code, answer.json()["kind"]) == (201, "pdf")
    assert (media / Upload.objects.get(kind="pdf").file.name).read_bytes() == PDF


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (png(6000, 6000), "too_many_pixels"),
        (SVG, "svg"),
        (gif(), "unreadable"),
        (b"MZ" * 100, "unreadable"),
        (picture()[:-300], "unreadable"),
        (b"x" * (5 * 1024 * 1024 + 1), "too_large"),
        (b"%PDF-1.4 and nothing more", "unreadable"),
        (PDF.replace(b"/Type", b"/OpenAction <</S /JavaScript /JS (app.alert(1))>> /Type"), "active_content"),
        (b"", "empty"),
    ],
    ids=["bomb", "svg", "gif", "program", "broken", "large", "no-pdf", "pdf-script", "empty"],
)
def test_what_is_no_reasonable_file_is_refused_and_nothing_of_it_is_kept(
    content: bytes, code: str, media: Path
) -> None:
    answer = send(content)
    assert answer.status_code == 400, answer.json()
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("file", code)
    assert not Upload.objects.exists()
    assert list(media.rglob("*.*")) == []


def test_too_large_a_body_no_file_and_other_types_are_refused() -> None:
    assert send(b"x" * (10 * 1024 * 1024 + 100_000)).status_code == 413
    client = staff_client("catalog.add_product")
    assert client.post("/api/uploads/", {"file": "text"}, format="multipart").status_code == 400
    assert client.post("/api/uploads/", {}, format="json").status_code == 415


def test_only_staff_that_write_products_upload() -> None:
    assert send(picture(), client=APIClient()).status_code == 401
    assert send(picture(), client=staff_client("catalog.view_product")).status_code == 403


def test_an_upload_is_swept_after_a_day_unless_something_uses_it(media: Path, events: Rehearsal) -> None:
    unused, waiting = uploaded(), uploaded()
    used = uploaded()
    submitted(simple_document("A", images=[{"upload": str(used.pk)}]))
    events.deliver(*(f"products.write_{name}" for name in PARTS))
    submitted(simple_document("B", images=[{"upload": str(waiting.pk)}]))
    assert sweep_uploads(timezone.now() + timedelta(hours=23)) == 0
    later = timezone.now() + timedelta(hours=25)
    assert sweep_uploads(later) == 1
    assert sweep_uploads(later) == 0
    assert set(Upload.objects.all()) == {waiting, used}
    assert not Upload.objects.filter(pk=unused.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_files_of_a_swept_upload_are_gone(media: Path) -> None:
    uploaded()
    assert len(list(media.rglob("*.*"))) == 1
    sweep_uploads(timezone.now() + timedelta(hours=25))
    assert list(media.rglob("*.*")) == []


def test_a_file_that_a_document_names_by_its_path_is_kept(media: Path, settings: Settings, events: Rehearsal) -> None:
    """As documents do that were read from the shop and are sent again; also while they wait to be written."""
    settings.PRODUCT_PARTS = "request"
    path, later = uploaded().file.name, timezone.now() + timedelta(hours=25)
    chair, _submission = submitted(simple_document("A", images=[{"path": path}]))
    assert sweep_uploads(later) == 0
    settings.PRODUCT_PARTS = "background"
    submitted(simple_document("B", images=[{"path": path}]))
    settings.PRODUCT_PARTS = "request"
    submit_changes(chair, read_document({"images": []}, Changes), ["images"])
    assert sweep_uploads(later) == 0
    events.deliver("products.write_images")
    assert sweep_uploads(later) == 0
    assert (media / path).exists()


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_not_swept_from_under_a_document_that_is_just_being_submitted(events: Rehearsal) -> None:
    upload, later = uploaded(), timezone.now() + timedelta(hours=25)
    chair = make_product("CHAIR")
    document = read_document({"images": [{"upload": str(upload.pk)}]}, Changes)

    def sweep_meanwhile(product: Product) -> None:
        assert at_once([lambda: sweep_uploads(later)]) == [0]

    submit_changes(chair, document, ["images"], and_then=sweep_meanwhile)
    assert sweep_uploads(later) == 0
    events.deliver("products.write_images")
    assert chair.images.get().upload_id == upload.pk


def test_pictures_are_made_smaller_once_however_often_it_is_tried(media: Path) -> None:
    """So that many large ones, which are more than one try has time for, are done at last."""
    path = uploaded().file.name
    made = make_thumbnails(path)
    before = {name: (media / name).stat().st_mtime_ns for name in made.values()}
    assert make_thumbnails(path) == made
    assert {name: (media / name).stat().st_mtime_ns for name in made.values()} == before
    (media / made["small"]).unlink()
    make_thumbnails(path)
    assert all((media / name).exists() for name in made.values())


@pytest.mark.django_db(transaction=True)
def test_pictures_are_made_smaller_before_anything_is_locked_or_written(
    events: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that has written keeps rescue from what came after it, and who wants its locks waits."""
    has_written = []

    def watched(path: str) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
            has_written.append(cursor.fetchone()[0])
        return make_thumbnails(path)

    monkeypatch.setattr(images, "make_thumbnails", watched)
    submitted(simple_document("A", images=[{"upload": str(uploaded().pk)}]))
    events.deliver("products.write_images")
    assert has_written == [False, True]
    assert Product.objects.get().images.get().webp


def test_images_have_time_for_fifty_large_ones() -> None:
    limits = catalogue.subscriber("products.write_images")
    assert (limits.soft_time_limit_seconds, limits.time_limit_seconds) == (240, 270)
