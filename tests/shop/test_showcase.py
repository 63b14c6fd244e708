"""A product is shown from what was written down of it: the same as its tables say, and always at its present price."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from pytest_django import Settings
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.catalog.models import Attribute, Category, CategoryTranslation, Product, Review, Tag, TierPrice
from shop.catalog.ratings import moderate
from shop.orders.operations import LineWish
from shop.search.queries import find_products
from shop.showcase.models import ShownProduct
from shop.stock.operations import set_stock
from shop.stock.showing import composed_answer, written_answer
from tests.shop.builders import buy, staff_client
from tests.shop.documents import simple_document, submitted, whole_document
from tests.shop.rebuilding import made_again

pytestmark = pytest.mark.django_db
NAME = "products.showcase"
EDITOR = ("catalog.add_product", "catalog.change_product", "catalog.view_product")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def chair(events: Rehearsal) -> Product:
    """With all its parts, and written down."""
    product, _submission = submitted(whole_document())
    events.deliver()
    return Product.objects.get(pk=product.pk)


def shown(product: Product, language: str = "en") -> Any:
    return APIClient().get(f"/api/products/{product.pk}/", headers={"Accept-Language": language}).json()


def composed(product: Product, language: str = "en") -> Any:
    """From all its tables."""
    with override(language):
        answer, _tag = composed_answer(product.pk, {"request": RequestFactory().get("/")})
    return json.loads(JSONRenderer().render(answer))


def rows() -> list[Any]:
    return list(ShownProduct.objects.values_list("product_id", "language", "revision", "document"))


def refuse_composing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.stock.api.composed_answer", None)


CHANGES: list[Callable[[Product], object]] = [
    lambda product: Category.objects.filter(code="chairs").get().translations.create(language="ar", name="كراسي"),
    lambda product: _renamed(CategoryTranslation.objects.get(category__code="furniture", language="en"), "Things"),
    lambda product: _renamed(Tag.objects.get(name="oak"), "ash"),
    lambda product: Tag.objects.get(name="new").delete(),
    lambda product: Attribute.objects.get(code="rooms").translations.get().delete(),
    lambda product: moderate(Review.objects.filter(product=product), "approved"),
    lambda product: Review.objects.filter(product=product).first().delete(),
    lambda product: _renumbered(product.related.get(), "BESIDE-2"),
    lambda product: _patched({"price": "11.00", "variants": [{"sku": "CHAIR-RED", "stock": 4}]}),
    lambda product: _patched({"translations": {"en": {"name": "Seat"}, "ar": {"name": "مقعد"}}}),
    lambda product: set_stock({product.pk: 3}),
    # Another product gives the category that both stand in another name.
    lambda product: submitted(
        simple_document("STOOL", categories=[{"code": "chairs", "translations": {"en": {"name": "Seats"}}}])
    ),
]


def _renamed(thing: Any, name: str) -> None:
    thing.name = name
    thing.save()


def _renumbered(product: Product, sku: str) -> None:
    product.sku = sku
    product.save()


def _patched(document: dict[str, Any]) -> None:
    assert staff_client(*EDITOR).patch("/api/products/CHAIR/", document).status_code == 202


@pytest.mark.parametrize("seed", range(3))
def test_after_whatever_change_in_whatever_order_what_is_written_down_is_what_the_tables_say(
    chair: Product, events: Rehearsal, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for change in random.Random(seed).sample(CHANGES, len(CHANGES)):
        change(chair)
        events.deliver()
        with monkeypatch.context() as patch:
            refuse_composing(patch)
            read = [shown(chair, language) for language in ("en", "ar")]
        assert read == [composed(chair, language) for language in ("en", "ar")]
    live = rows()
    made_again(NAME)
    assert rows() == live


def test_a_product_is_read_in_four_queries_however_much_there_is_of_it(
    chair: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_composing(monkeypatch)
    with CaptureQueriesContext(connection) as queries:
        shown(chair)
    tables = [query["sql"].split(' FROM "')[-1].split('"')[0] for query in queries]
    assert tables == ["catalog_product", "showcase_shownproduct", "catalog_variant"]


def test_price_state_and_stock_are_those_of_the_moment_although_nothing_was_delivered_yet(
    chair: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_composing(monkeypatch)
    chair.price = 99
    chair.save()
    chair.variants.filter(sku="CHAIR-GREEN").update(price=7)
    variants = chair.variants.get(sku="CHAIR-GREEN")
    variants.stock.available = 1
    variants.stock.save()
    now = shown(chair)
    assert (now["price"], now["available"]) == ("99.00", 1)
    assert [(one["price"], one["available"]) for one in now["variants"]] == [("7.00", 1), ("99.00", 0)]
    chair.status = "draft"
    chair.save()
    assert APIClient().get("/api/products/CHAIR/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_is_charged_is_the_price_of_the_moment_whatever_is_written_down(events: Rehearsal) -> None:
    tiers = [{"min_quantity": 10, "price": "9.00"}]
    lamp, _submission = submitted(simple_document("LAMP", tier_prices=tiers))
    set_stock({lamp.pk: 90})
    events.deliver()
    TierPrice.objects.update(price=8)  # what no event tells of
    lamp.price = 20
    lamp.save()
    assert shown(lamp)["tier_prices"][0]["price"] == "9.00"
    assert [buy(LineWish("LAMP", count)).subtotal.amount for count in (1, 10)] == [20, 80]


def test_a_product_that_is_not_written_down_yet_is_shown_from_the_tables_and_a_draft_to_nobody_else(
    events: Rehearsal,
) -> None:
    product, _submission = submitted(simple_document("STOOL"))
    assert not ShownProduct.objects.exists()
    assert shown(product)["name"] == "Oak STOOL"
    draft, _submission = submitted(simple_document("SECRET", status="draft"))
    events.deliver()
    assert ShownProduct.objects.filter(product_id=draft.pk).exists()
    for name in (draft.pk, "SECRET", draft.slug):
        assert APIClient().get(f"/api/products/{name}/").status_code == 404
        assert staff_client(*EDITOR).get(f"/api/products/{name}/").status_code == 200


def test_while_a_document_is_being_written_everybody_sees_how_far_it_is(chair: Product, events: Rehearsal) -> None:
    assert ShownProduct.objects.filter(product_id=chair.pk).count() == 2
    _patched({"tags": ["next"], "details": []})
    assert shown(chair)["processing"]["done"] == 0
    events.fail("products.write_tags", times=6)
    events.deliver()
    assert shown(chair)["processing"] == {"done": 1, "total": 2, "failed": ["tags"]}
    assert not ShownProduct.objects.filter(product_id=chair.pk).exists()
    events.replay("products.write_tags")
    assert ShownProduct.objects.filter(product_id=chair.pk).count() == 2
    assert (shown(chair)["tags"], shown(chair)["processing"]["failed"]) == (["next"], [])


def test_tags_of_what_is_written_down_are_those_of_the_tables(chair: Product, events: Rehearsal) -> None:
    context = {"request": RequestFactory().get("/")}
    product = Product.objects.get(pk=chair.pk)
    product.available = composed(chair)["available"]
    written, fresh = written_answer(product, context), composed_answer(chair.pk, context)
    assert written is not None
    assert written[1] == fresh[1]
    assert list(written[0]) == list(fresh[0])
    editor = staff_client(*EDITOR)
    tag = editor.get("/api/products/CHAIR/")["ETag"]
    assert editor.get("/api/products/CHAIR/", headers={"If-None-Match": tag}).status_code == 304
    _renamed(CategoryTranslation.objects.get(category__code="furniture", language="en"), "Things")  # not delivered yet
    late = editor.patch("/api/products/CHAIR/", {"tags": ["mine"]}, headers={"If-Match": tag})
    assert late.status_code == 412
    events.deliver()
    again = editor.get("/api/products/CHAIR/", headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["categories"][0]["translations"]["en"]["name"]) == (200, "Things")


def test_a_product_is_found_by_the_new_name_of_its_category_and_no_longer_by_the_old(
    chair: Product, events: Rehearsal
) -> None:
    assert chair in find_products(Product.objects.all(), "furniture")
    _renamed(CategoryTranslation.objects.get(category__code="furniture", language="en"), "Armchairs")
    events.deliver_twice("search.index_term")
    assert chair in find_products(Product.objects.all(), "armchair")
    assert chair not in find_products(Product.objects.all(), "furniture")
