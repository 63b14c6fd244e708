"""Puts the demo catalogue into the shop: products with texts in two languages, stock and pictures."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from djmoney.money import Money

from shop.catalog.models import Product
from shop.catalog.operations import NewProduct, Text, create_products
from shop.demo.pictures import draw_picture
from shop.stock.operations import set_stock

FILE = Path(__file__).with_name("products.json")


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the file, and what its picture shows: a kind of thing in a tone."""

    new: NewProduct
    stock: int
    low_at: int
    kind: str
    tone: str


def missing_products() -> list[DemoProduct]:
    """The products of the file whose SKU and slug the shop does not have yet."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    skus, slugs = (set(Product.objects.values_list(name, flat=True)) for name in ("sku", "slug"))
    return [_product(entry) for entry in entries if entry["sku"] not in skus and entry["slug"] not in slugs]


def draw_pictures(products: Iterable[DemoProduct]) -> Iterator[DemoProduct]:
    """Draw the pictures that are not in the media storage yet, one at a time, for whoever shows progress."""
    for product in products:
        if not default_storage.exists(product.new.picture):
            default_storage.save(product.new.picture, ContentFile(draw_picture(product.kind, product.tone)))
        yield product


@transaction.atomic
def add_products(products: list[DemoProduct]) -> None:
    """Create them, with one product.created each, and put them into stock."""
    created = create_products([product.new for product in products])
    for row, product in zip(created, products, strict=True):
        set_stock({row.pk: product.stock}, low_at=product.low_at)


def _product(entry: dict[str, Any]) -> DemoProduct:
    texts = {language: Text(name, entry["description"][language]) for language, name in entry["name"].items()}
    new = NewProduct(
        sku=entry["sku"],
        slug=entry["slug"],
        price=Money(Decimal(entry["price"]), settings.DEFAULT_CURRENCY),
        texts=texts,
        picture=f"products/{entry['slug']}.webp",
    )
    return DemoProduct(new, entry["stock"], entry["low_at"], entry["kind"], entry["tone"])
