"""The part of a product's document that is written down, and how it is put together again for a reader."""

import json
from typing import Any

from shop.catalog.models import FALLBACK_LANGUAGE, Product
from shop.catalog.parts import PARTS
from shop.catalog.progress import processing
from shop.showcase.models import ShownProduct


def document_of(product: Product, language: str) -> dict[str, Any]:
    """Of a product that was loaded by whole_products: texts in a language, every part, and how far they are."""
    return {
        "name": product.name_in(language),
        "description": product.description_in(language),
        "processing": processing(product),
        **{name: part.show(product) for name, part in PARTS.items()},
    }


def is_written(product: Product) -> bool:
    """Whether all parts of all its documents are written; of a product that was loaded by whole_products."""
    now = processing(product)
    return now["done"] == now["total"]


def shown_document(product: Product, language: str) -> dict[str, Any] | None:
    """What is written down of a product, in the language or its main one, else in English; None when there is nothing
    of its present revision. One indexed read."""
    wanted = [language, language.split("-")[0], FALLBACK_LANGUAGE]
    rows = ShownProduct.objects.filter(product_id=product.pk, language__in=wanted, revision=product.revision)
    best = min(rows, key=lambda row: wanted.index(row.language), default=None)
    return None if best is None else json.loads(best.document)
