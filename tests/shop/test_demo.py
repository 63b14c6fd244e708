"""The demo catalogue has all kinds of parts in both languages, and loading it twice changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.models import Exists, OuterRef
from PIL import Image

from shop.catalog.models import Category, Product, Submission, Variant
from shop.catalog.parts import PARTS
from shop.demo.documents import HERE, demo_products
from shop.demo.guides import draw_guide
from shop.demo.pictures import DRAWINGS, draw_picture
from shop.demo.words import words
from shop.stock.models import StockItem, VariantStock
from tests.shop.builders import logged, make_product

WITHOUT = {"videos"}  # there is no film of ours to show


@pytest.mark.django_db
def test_loading_twice_adds_every_product_once_with_all_its_parts(
    settings: LazySettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.PRODUCT_PARTS = "request"
    call_command("load_demo_catalogue")
    call_command("load_demo_catalogue")
    assert capsys.readouterr().out.splitlines() == [
        "30 products were added.",
        "9 rows of taxes, shipping fees and coupons were added.",
        "0 products were added.",
    ]
    assert Product.objects.count() == StockItem.objects.count() == len(logged("product.created")) == 30
    assert not Submission.objects.exclude(state="processed").exists()
    paths = [path for part in PARTS.values() for path in part.prefetch]
    everything = [_shown(product) for product in Product.objects.prefetch_related(*paths)]
    assert {name for shown in everything for name, part in shown.items() if part} == PARTS.keys() - WITHOUT
    for shown, entry in zip(everything, sorted(demo_products(), key=lambda one: one.sku), strict=True):
        assert len(shown["related"]) == len(entry.related) > 0
        assert len(shown["images"]) == len(entry.pictures)
        assert {*_languages(shown)} == {"en", "ar"}
    assert VariantStock.objects.filter(available__gt=0).count() == sum(len(shown["variants"]) for shown in everything)
    for item in StockItem.objects.annotate(has_variants=Exists(Variant.objects.filter(product=OuterRef("pk")))):
        assert item.has_variants == (item.available == 0), "what has variants has no stock of its own"
    assert Category.objects.get(code="seating").parent.code == "furniture"
    for product in Product.objects.all():
        with default_storage.open(product.picture.name) as file, Image.open(file) as picture:
            assert picture.size == (800, 800)


@pytest.mark.django_db
def test_an_entry_whose_slug_or_name_is_taken_is_left_out(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    first, second, *_others = demo_products()
    Product.objects.filter(pk=make_product("MINE").pk).update(slug=first.slug)
    Product.objects.filter(pk=make_product("ALSO-MINE").pk).update(name=second.names["en"])
    call_command("load_demo_catalogue")
    assert Product.objects.get(slug=first.slug).sku == "MINE"
    assert Product.objects.count() == 30


def test_every_kind_of_thing_in_the_file_has_a_drawing_that_comes_out_the_same() -> None:
    entries = json.loads((HERE / "products.json").read_text(encoding="utf-8"))
    assert {entry["kind"] for entry in entries} <= set(DRAWINGS)
    picture = draw_picture("chair", "sage")
    assert picture == draw_picture("chair", "sage")
    names = {"en": "Chair", "ar": "كرسي"}
    assert draw_guide("chair", names, picture) == draw_guide("chair", names, picture)


def test_every_word_is_there_in_english_and_arabic() -> None:
    for file in ("categories", "choices", "details", "guides", "materials"):
        for texts in _texts(words(file)):
            assert texts.keys() - {"parent"} == {"en", "ar"}, texts


def _shown(product: Product) -> dict[str, Any]:
    return {name: part.show(product) for name, part in PARTS.items()}


def _languages(shown: Any) -> set[str]:
    """Those that all texts of a document are in; a list of texts without any is in none."""
    if isinstance(shown, list):
        return set().union(*(_languages(one) for one in shown))
    if not isinstance(shown, dict):
        return set()
    here = set(shown) if shown.keys() & {"en", "ar"} else set()
    return here.union(*(_languages(one) for one in shown.values()))


def _texts(data: Any) -> list[dict[str, Any]]:
    """Every object that has a text in some language."""
    if isinstance(data, list):
        return [texts for one in data for texts in _texts(one)]
    if not isinstance(data, dict):
        return []
    here = [data] if data.keys() & {"en", "ar"} else []
    return here + [texts for one in data.values() for texts in _texts(one)]
