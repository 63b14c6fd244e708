"""A product is submitted as one document, answered at once, and written part by part."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.catalog import models
from shop.catalog.events import ProductCoreCreated, ProductCoreUpdated, ProductFullyProcessed, ProductUpdated
from shop.catalog.models import Product, Submission
from shop.catalog.parts import PARTS
from shop.catalog.processing import write_part
from tests.shop.builders import event_names, make_product, staff_client
from tests.shop.documents import simple_document, uploaded, whole_document

pytestmark = pytest.mark.django_db
WRITERS = [f"products.write_{name}" for name in PARTS]
EDITOR = ("catalog.add_product", "catalog.change_product", "catalog.view_product")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor() -> APIClient:
    return staff_client(*EDITOR)


def get(client: APIClient, sku: str = "CHAIR", **headers: str) -> Any:
    return client.get(f"/api/products/{sku}/", headers=headers)


def test_there_are_fifteen_kinds_of_parts() -> None:
    assert set(PARTS) == {
        "translations", "categories", "images", "videos", "attributes", "options", "variants", "dimensions",
        "materials", "details", "guide", "tags", "related", "tier_prices", "reviews",
    }  # fmt: skip


def test_a_whole_product_is_answered_at_once_and_complete_when_its_parts_are_written(
    editor: APIClient, events: Rehearsal
) -> None:
    document = whole_document()
    answer = editor.post("/api/products/", document)
    assert answer.status_code == 202, answer.json()
    assert answer["Location"] == "http://testserver/api/products/oak-chair-chair/" == answer.json()["url"]
    assert answer.json()["processing"] == {"done": 0, "total": 15, "failed": []}
    early = get(editor).json()
    assert (early["name"], early["price"], early["currency"], early["available"]) == ("Oak CHAIR", "10.50", "EUR", 7)
    assert (early["translations"], early["images"], early["dimensions"]) == ({}, [], None)

    events.deliver_twice(*WRITERS)

    shown = get(editor, **{"Accept-Language": "ar"}).json()
    assert shown["processing"] == {"done": 15, "total": 15, "failed": []}
    assert shown["name"] == "كرسي"
    assert shown["translations"] == document["translations"]
    assert [(one["code"], one["parent"]) for one in shown["categories"]] == [
        ("furniture", None),
        ("chairs", "furniture"),
    ]
    assert [(one["alt"], one["position"], one["role"]) for one in shown["images"]] == [
        ({"en": "A chair", "ar": "كرسي"}, 0, "main"),
        ({"en": "Its cover"}, 5, ""),
    ]
    assert shown["picture"] == f"http://testserver{shown['images'][0]['url']}"
    assert shown["videos"][0]["translations"]["en"]["title"] == "A chair is made"
    assert [[value["value"] for value in one["values"]] for one in shown["attributes"]] == [
        ["oak"],
        ["kitchen", "hall"],
    ]
    (colour,) = shown["options"]
    assert colour["values"][0]["image"]["alt"] == {"en": "Green cloth", "ar": "قماش أخضر"}
    assert colour["values"][1] == {"code": "blue", "translations": {"en": {"name": "Blue"}}, "image": None}
    assert [(one["sku"], one["price"], one["available"]) for one in shown["variants"]] == [
        ("CHAIR-GREEN", "12.00", 3),
        ("CHAIR-BLUE", "10.50", 0),
    ]
    assert shown["dimensions"]["width"] == "45.500"
    assert [one["share"] for one in shown["materials"]] == ["90.00", "10.00"]
    assert shown["details"][0]["translations"]["en"] == {"title": "Care", "text": "Keep it dry."}
    assert shown["guide"]["translations"] == {"en": {"title": "How to build it"}}
    assert (shown["tags"], shown["related"]) == (["oak", "new"], document["related"])
    assert [(one["min_quantity"], one["price"]) for one in shown["tier_prices"]] == [(10, "9.00"), (50, "8.00")]
    assert [one["author"] for one in shown["reviews"]] == ["Mona", "Omar"]
    assert shown["rating"] == {"count": 2, "average": "4.50"}

    product = Product.objects.get(sku="CHAIR")
    changed = [one.changed for one in events.emitted if isinstance(one, ProductUpdated)]
    assert sorted(changed) == sorted([name] for name in PARTS)
    events.assert_emitted(ProductCoreCreated, product_id=product.pk, revision=1)
    assert event_names("product.fully") == ["product.fully_processed"]
    assert Submission.objects.get().state == "processed"


def test_an_image_comes_in_three_sizes_and_as_webp(editor: APIClient, events: Rehearsal) -> None:
    editor.post("/api/products/", simple_document(images=[{"upload": str(uploaded().pk)}]))
    events.deliver(*WRITERS)
    image = models.Image.objects.get()
    sizes = {}
    for name in ("small", "medium", "large", "webp"):
        with default_storage.open(getattr(image, name)) as file, Picture.open(file) as picture:
            assert picture.format == "WEBP"
            sizes[name] = picture.size
    assert sizes == {"small": (160, 80), "medium": (480, 240), "large": (600, 300), "webp": (600, 300)}


def test_put_replaces_everything_and_patch_only_what_is_given(editor: APIClient, events: Rehearsal) -> None:
    whole = whole_document()
    editor.post("/api/products/", whole)
    events.deliver(*WRITERS)
    answer = editor.patch("/api/products/CHAIR/", {"price": "11.00", "tags": ["old"], "dimensions": None})
    assert (answer.status_code, answer.json()["processing"]["total"]) == (202, 2)
    events.deliver(*WRITERS)
    shown = get(editor).json()
    assert (shown["price"], shown["currency"], shown["tags"], shown["dimensions"]) == ("11.00", "EUR", ["old"], None)
    assert shown["translations"] == whole["translations"]
    assert len(shown["variants"]) == 2
    events.assert_emitted(ProductCoreUpdated, revision=2, parts=["dimensions", "tags"])
    events.assert_emitted(ProductUpdated, changed=["price"], old_price=10.50, new_price=11)

    answer = editor.put("/api/products/CHAIR/", simple_document(price="9.00", currency="GBP"))
    assert answer.status_code == 202
    events.deliver(*WRITERS)
    shown = get(editor).json()
    assert (shown["slug"], shown["price"], shown["currency"]) == ("oak-chair-chair", "9.00", "GBP")
    assert {name: shown[name] for name in PARTS if name != "translations"} == {
        name: part.nothing for name, part in PARTS.items() if name != "translations"
    }
    assert (shown["picture"], shown["rating"]["count"]) == (None, 0)
    assert not models.Variant.objects.filter(is_active=True).exists()
    assert models.Variant.objects.count() == 2  # orders may refer to them


def test_a_part_that_stays_as_it_was_is_no_change_of_the_product(editor: APIClient, events: Rehearsal) -> None:
    whole = whole_document()
    editor.post("/api/products/", whole)
    events.deliver(*WRITERS)
    before = len(events.emitted)
    editor.put("/api/products/CHAIR/", whole)
    events.deliver(*WRITERS)
    assert [type(one) for one in events.emitted[before:]] == [ProductCoreUpdated, ProductFullyProcessed]


def test_a_change_without_parts_is_done_at_once(editor: APIClient, events: Rehearsal) -> None:
    make_product("LAMP")
    answer = editor.patch("/api/products/LAMP/", {"status": "draft"})
    assert (answer.status_code, answer.json()["processing"]["total"]) == (200, 0)
    events.assert_emitted(ProductFullyProcessed, revision=1)


def test_an_older_document_never_overwrites_a_newer_one(editor: APIClient, events: Rehearsal) -> None:
    editor.post("/api/products/", simple_document(tags=["first"], details=[]))
    editor.patch("/api/products/CHAIR/", {"tags": ["second"]})
    assert get(editor).json()["processing"] == {"done": 0, "total": 3, "failed": []}
    first, second = Submission.objects.order_by("revision")
    write_part(second.pk, "tags")
    write_part(first.pk, "tags")  # late
    assert get(editor).json()["tags"] == ["second"]
    events.deliver(*WRITERS)
    assert get(editor).json()["tags"] == ["second"]
    assert set(Submission.objects.values_list("state", flat=True)) == {"processed"}
    assert event_names("product.fully") == ["product.fully_processed"] * 2


def test_in_the_request_the_same_is_written_before_the_answer(
    editor: APIClient, events: Rehearsal, settings: Settings
) -> None:
    settings.PRODUCT_PARTS = "request"
    answer = editor.post("/api/products/", whole_document())
    assert answer.status_code == 201, answer.json()
    in_request = get(editor).json()
    assert in_request["processing"] == {"done": 15, "total": 15, "failed": []}
    events.deliver(*WRITERS)
    assert get(editor).json() == in_request
    assert event_names("product.fully") == ["product.fully_processed"]


def test_list_and_detail_take_the_same_number_of_queries_however_many_parts(
    editor: APIClient, events: Rehearsal, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = whole_document()
    many["options"] = [{**many["options"][0], "code": f"option-{number}"} for number in range(4)]
    many["variants"] = [{"sku": f"CHAIR-{number}", "stock": 1} for number in range(20)]
    many["images"] = many["images"] * 3
    editor.post("/api/products/", whole_document("STOOL"))
    editor.post("/api/products/", many)
    events.deliver(*WRITERS)
    client = APIClient()
    with CaptureQueriesContext(connection) as few:
        assert len(get(client, "STOOL").json()["variants"]) == 2
    with CaptureQueriesContext(connection) as queries:
        assert len(get(client).json()["variants"]) == 20
    assert len(queries) == len(few)
    with django_assert_num_queries(3):
        client.get("/api/products/")


def test_a_reader_that_has_the_answer_gets_304_and_an_editor_that_read_an_old_one_gets_412(
    editor: APIClient, events: Rehearsal
) -> None:
    editor.post("/api/products/", simple_document(stock={"available": 3}))
    events.deliver(*WRITERS)
    tag = get(editor)["ETag"]
    assert get(editor, **{"If-None-Match": f'"other", {tag}'}).status_code == 304
    sold = editor.patch("/api/products/CHAIR/", {"stock": {"available": 2}}, headers={"If-Match": tag})
    assert sold.status_code == 200
    again = get(editor, **{"If-None-Match": tag})
    assert (again.status_code, again.json()["available"]) == (200, 2)
    tag = again["ETag"]
    change = editor.patch("/api/products/CHAIR/", {"tags": ["mine"]}, headers={"If-Match": tag})
    assert change.status_code == 202
    events.deliver(*WRITERS)
    late = editor.patch("/api/products/CHAIR/", {"tags": ["late"]}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "urn:backroom:document-changed")
    assert get(editor).json()["tags"] == ["mine"]
