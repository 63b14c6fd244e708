"""Every product of the real catalogues becomes a document that the shop takes, and what is imported is complete."""

import os
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.core.management import call_command

from shop.catalog.document import read_document
from shop.catalog.models import Product
from shop.imports.converting import Choices, Making, convert, keys_of
from shop.imports.counting import of_document, together
from shop.imports.reading import read_json
from shop.imports.uploads import without_files

SHARED_DATA = Path(os.environ.get("SHARED_DATA", settings.BASE_DIR.parent / "shared" / "data"))

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (SHARED_DATA / "products").is_dir(), reason=f"no catalogues in {SHARED_DATA}"),
]

#: What is known of each file without reading it by our own code.
FILES = {
    "bagisto_multilang": {"products": 7, "translations": 14, "categories": 7, "variants": 4, "tier_prices": 2},
    "spree": {"products": 37, "categories": 37, "options": 37, "option values": 87, "variants": 87, "tags": 201},
    "odoo_multilang": {"products": 126, "translations": 251, "categories": 192, "options": 18, "option values": 81},
    "openfoodfacts": {"products": 53, "translations": 53, "categories": 261, "materials": 91},
    "dummyjson": {"products": 194, "tags": 364, "reviews": 582, "dimensions": 194},
}


def file_of(name: str) -> Path:
    return SHARED_DATA / "products" / f"products_{name}.json"


@pytest.mark.parametrize("name", FILES)
def test_every_product_of_a_real_catalogue_becomes_a_document_that_the_shop_takes(name: str) -> None:
    products = [product.data for product in read_json(file_of(name))]
    making = Making(Choices(("en", "ar"), "EUR"), keys_of(products), has_picture=lambda _path: True)
    documents = [convert(data, making) for data in products]
    for document in documents:
        read_document(without_files(document))
    counts = together(of_document(document) for document in documents)
    assert {part: counts[part] for part in FILES[name]} == FILES[name]
    skus = [document["sku"] for document in documents]
    skus += [variant["sku"] for document in documents for variant in document["variants"]]
    names = [document["translations"]["en"]["name"] for document in documents]
    assert (len({*skus}), len({*names})) == (len(skus), len(names))


def test_real_catalogues_are_imported_complete_one_after_another(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.PRODUCT_PARTS = "request"
    for number, name in enumerate(FILES, 1):
        out = StringIO()
        images = sorted((SHARED_DATA / "images").glob("*.tar"))
        call_command(
            "import_products", str(file_of(name)), images=images, currency="EUR", limit=4, verify=True, stdout=out
        )
        assert "4  created" in out.getvalue()
        assert Product.objects.count() == 4 * number
