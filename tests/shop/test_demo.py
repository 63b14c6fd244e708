"""The demo catalogue is complete, and loading it twice changes nothing."""

import json

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image

from shop.catalog.models import Product
from shop.demo.catalogue import FILE
from shop.demo.pictures import DRAWINGS, draw_picture
from shop.stock.models import StockItem
from tests.shop.builders import logged, make_product


@pytest.mark.django_db
def test_loading_twice_adds_every_product_once(
    settings: LazySettings, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MEDIA_ROOT = tmp_path
    call_command("load_demo_catalogue")
    call_command("load_demo_catalogue")
    assert capsys.readouterr().out.split("\n")[:2] == ["30 products were added.", "0 products were added."]
    assert Product.objects.count() == StockItem.objects.count() == len(logged("product.created")) == 30
    for product in Product.objects.prefetch_related("translations"):
        assert {text.language for text in product.translations.all() if text.name and text.description} == {"en", "ar"}
        with default_storage.open(product.picture.name) as file, Image.open(file) as picture:
            assert picture.size == (800, 800)


@pytest.mark.django_db
def test_an_entry_whose_slug_is_taken_is_left_out(settings: LazySettings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    slug = json.loads(FILE.read_text(encoding="utf-8"))[0]["slug"]
    Product.objects.filter(pk=make_product("MINE").pk).update(slug=slug)
    call_command("load_demo_catalogue")
    assert Product.objects.get(slug=slug).sku == "MINE"
    assert Product.objects.count() == 30


def test_every_kind_of_thing_in_the_file_has_a_drawing_that_comes_out_the_same() -> None:
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    assert {entry["kind"] for entry in entries} <= set(DRAWINGS)
    assert draw_picture("chair", "sage") == draw_picture("chair", "sage")
