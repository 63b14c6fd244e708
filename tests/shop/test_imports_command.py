"""`manage.py import_products` from a file to a complete product, and again."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from shop.catalog.models import Category, Image, Product, Submission, Upload
from shop.catalog.parts import PARTS
from shop.imports.importing import Manner
from shop.imports.models import ImportedProduct
from shop.imports.pictures import Pictures
from shop.imports.reading import read_json
from shop.imports.running import import_all
from shop.stock.models import StockItem, VariantStock
from tests.shop.builders import logged, make_product
from tests.shop.catalogue_files import CHOICES, desk, entry, picture, write_json, write_tar

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def run(file: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_products", str(file), stdout=out, **{"currency": "GBP", "wait": 5.0, **options})
    return out.getvalue()


def refused(file: Path, **options: Any) -> tuple[str, str]:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("import_products", str(file), stdout=out, **{"currency": "GBP", "wait": 5.0, **options})
    return out.getvalue(), str(caught.value)


def shown(sku: str) -> dict[str, Any]:
    product = Product.objects.get(sku=sku)
    return {name: part.show(product) for name, part in PARTS.items()}


def full(**values: Any) -> dict[str, Any]:
    return entry(
        categories=[{"path_en": ["Kitchen", "Mugs"]}], tags=["gift"], stock=5, related={"up_sell": ["test:2"]},
        attributes=[{"code": "warranty", "names": {"en": "Warranty"}, "values": [{"names": {"en": "2 years"}}]}],
        dimensions={"width": 8, "unit": "cm"}, packaging_materials=["carton"], ingredients={"en": "Clay."},
        tier_prices=[{"min_qty": 6, "amount": 4}], images=[{"path": "docs/mug.png", "alt": "A mug"}],
        reviews=[{"body": "Good", "rating": 8, "rating_max": 10, "author": "A"}], **values,
    )  # fmt: skip


def test_a_file_is_imported_complete_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    file = write_json(tmp_path / "mugs.json", full(), desk())
    archive = write_tar(tmp_path / "pictures.tar", docs__mug_png=picture())
    text = run(file, images=[archive], verify=True)
    assert "2  created" in text
    mug = shown("MUG-1")
    assert [(one["code"], one["parent"]) for one in mug["categories"]] == [("kitchen-mugs", "kitchen")]
    assert mug["related"] == ["DESK"]  # which came after it
    assert (mug["reviews"][0]["rating"], mug["images"][0]["alt"]) == (4, {"en": "A mug"})
    assert Category.objects.get(code="kitchen").translations.get().name == "Kitchen"
    assert len(shown("DESK")["variants"]) == 4
    assert {*StockItem.objects.values_list("product__sku", "available")} >= {("MUG-1", 5)}
    assert VariantStock.objects.get(variant__sku="DESK-SW").available == 7
    assert Submission.objects.exclude(state="processed").count() == 0
    assert len(logged("product.created")) == 2
    submissions, uploads = Submission.objects.count(), Upload.objects.count()
    assert "2  unchanged" in run(file, images=[archive], verify=True)
    assert (Submission.objects.count(), Upload.objects.count()) == (submissions, uploads)


def test_only_what_changed_is_submitted_again_and_neither_its_pictures_nor_its_stock_are_touched(
    tmp_path: Path,
) -> None:
    file = write_json(tmp_path / "mugs.json", full(), desk())
    archive = write_tar(tmp_path / "pictures.tar", docs__mug_png=picture())
    run(file, images=[archive])
    StockItem.objects.filter(product__sku="MUG-1").update(available=2)
    uploads = Upload.objects.count()
    write_json(file, full(barcode="42"), desk())
    text = run(file, images=[archive])
    assert "1  changed" in text.replace("updated", "changed")
    assert "1  unchanged" in text
    assert [one["code"] for one in shown("MUG-1")["attributes"]] == ["warranty", "barcode"]
    assert StockItem.objects.get(product__sku="MUG-1").available == 2
    assert Upload.objects.count() == uploads
    write_json(file, full(barcode="43"), desk())
    run(file, images=[archive], set_stock=True)
    assert StockItem.objects.get(product__sku="MUG-1").available == 5


def test_a_bad_product_is_listed_with_its_place_and_keeps_nobody_else_out(tmp_path: Path, media: Path) -> None:
    file = write_json(
        tmp_path / "mixed.json",
        entry(source_id="a", sku="A", names={"en": "A"}, price={"amount": 1, "currency": "XYZ"}),
        entry(source_id="b", sku="B", names={"en": "B"}, images=[{"path": "broken.png"}, {"path": "good.png"}],
              categories=[{"path_en": ["New", "Newer"]}]),
        entry(source_id="c", sku="C", names={"en": "C" * 300}),
        entry(source_id="d", sku="D", names={"en": "D"}),
    )  # fmt: skip
    archive = write_tar(tmp_path / "p.tar", broken_png=b"no picture", good_png=picture())
    text, why = refused(file, images=[archive])
    assert "product 1 (A): price.currency: Unknown currency" in text
    assert "product 2 (B): broken.png: This is not a picture" in text
    assert "product 3 (C): translations.en.name: At most 255" in text
    assert "3 products were refused" in why
    assert [product.sku for product in Product.objects.all()] == ["D"]
    assert (Upload.objects.count(), Category.objects.count()) == (0, 0)
    assert not list(media.rglob("*.png"))


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    products = [
        entry(source_id=f"t:{number}", sku=f"MUG-{number}", names={"en": f"Mug {number}"}) for number in range(5)
    ]
    file = write_json(tmp_path / "mugs.json", *products)
    run(file, limit=2)
    assert ImportedProduct.objects.count() == 2
    text = run(file)
    assert "3  created" in text
    assert "2  unchanged" in text


def test_related_products_are_not_forgotten_when_a_run_stops_before_them(tmp_path: Path) -> None:
    file = write_json(tmp_path / "mugs.json", entry(related={"up_sell": ["DESK"]}), desk())

    def stop(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_all(read_json(file), file, CHOICES, Manner(Pictures()), stop)
    assert (Product.objects.count(), shown("MUG-1")["related"]) == (2, [])
    run(file)
    assert shown("MUG-1")["related"] == ["DESK"]
    assert "2  unchanged" in run(file)


def test_a_relation_to_what_was_refused_is_made_when_that_is_mended(tmp_path: Path) -> None:
    file = write_json(tmp_path / "mugs.json", entry(related={"up_sell": ["DESK"]}), desk(stock=-1, options=[]))
    refused(file)
    assert shown("MUG-1")["related"] == []
    run(write_json(file, entry(related={"up_sell": ["DESK"]}), desk()))
    assert shown("MUG-1")["related"] == ["DESK"]


def test_a_dry_run_finds_every_error_and_writes_nothing(tmp_path: Path, media: Path) -> None:
    taken = make_product("TAKEN", en="Desk")
    file = write_json(
        tmp_path / "mugs.json", full(), desk(), entry(source_id="x", sku="X", names={"en": "X"}, stock=-1)
    )
    archive = write_tar(tmp_path / "pictures.tar", docs__mug_png=picture())
    Product.objects.filter(pk=taken.pk).update(name="Desk")
    text, _why = refused(file, images=[archive], dry_run=True)
    assert "product 2 (DESK): translations.en.name: Another product has this already" in text
    assert "product 3 (X): stock.available: The smallest number allowed is 0" in text
    assert [product.sku for product in Product.objects.all()] == ["TAKEN"]
    assert [model.objects.count() for model in (Upload, Image, Submission, ImportedProduct, Category)] == [0] * 5
    assert not media.exists()
    assert len(logged("product.created")) == 1


def test_what_is_not_complete_ends_the_command_with_what_is_lacking(tmp_path: Path) -> None:
    file = write_json(tmp_path / "mugs.json", full())
    run(file)
    Product.objects.get(sku="MUG-1").tag_links.all().delete()
    text, why = refused(file, verify=True)
    assert "MUG-1: tags 0 of 1" in text
    assert "1 products are not complete" in why


def test_a_csv_file_goes_in_through_the_same_door(tmp_path: Path) -> None:
    file = tmp_path / "mugs.csv"
    file.write_text(
        "sku,name:en,name:ar,price,stock,image:1,image:1:alt:ar\nM-1,Mug,كوب,4.50,3,mug.png,كوب\nM-2,,,1,,,\n"
    )
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "mug.png").write_bytes(picture())
    text, _why = refused(file, images=[tmp_path / "pictures"])
    assert "line 3 (M-2): names: there is none" in text
    assert shown("M-1")["images"][0]["alt"] == {"ar": "كوب"}
    assert shown("M-1")["translations"]["ar"]["name"] == "كوب"


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"products": [7]}))
    with pytest.raises(CommandError, match="product 1: not an object"):
        run(tmp_path / "bad.json")
    with pytest.raises(CommandError, match="neither a directory nor a tar"):
        run(write_json(tmp_path / "good.json", entry()), images=[tmp_path / "bad.json"])
    assert not Product.objects.exists()


def test_what_was_imported_can_be_read_in_the_admin_and_nothing_be_written(
    tmp_path: Path, admin_client: Client
) -> None:
    run(write_json(tmp_path / "mugs.json", entry()))
    page = admin_client.get("/admin/imports/importedproduct/")
    assert "mugs.json" in page.text
    assert admin_client.get("/admin/imports/importedproduct/add/").status_code == 403
    assert admin_client.get(f"/admin/imports/importedproduct/{Product.objects.get().pk}/change/").status_code == 200
