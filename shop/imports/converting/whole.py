"""One product of a file as a document."""

from collections.abc import Mapping
from decimal import DecimalException
from typing import Any

from shop.imports.converting import belonging, matter, variants
from shop.imports.converting.core import core
from shop.imports.converting.making import Document, Making
from shop.imports.errors import BadRow
from shop.imports.notes import Note

_BUNDLES = ("bundle_options", "grouped_items", "booking")
_TRADE = ("cost", "min_order_qty", "tax_category", "rating", "brands", "module")


def convert(data: Mapping[str, Any], making: Making) -> Document:
    """The document, with files in place of uploads. Raises BadRow for what is not shaped like a product."""
    try:
        making.note(Note.BUNDLE, sum(len(data.get(name, ())) for name in _BUNDLES))
        making.note(Note.SEARCH_WORDS, len(data.get("seo", ())))
        making.note(Note.TRADE, sum(name in data for name in _TRADE))
        document = core(data, making) | _parts(data, making)
        if not document["variants"]:  # else they are in stock
            document["stock"] = {"available": data.get("stock", making.choices.stock)}
        return document
    except (KeyError, TypeError, ValueError, AttributeError, DecimalException) as error:
        raise BadRow(f"not shaped like a product: {type(error).__name__} {error}") from error


def _parts(data: Mapping[str, Any], making: Making) -> Document:
    parts: Document = {
        "categories": belonging.categories(data, making),
        "images": belonging.images(data, making),
        "attributes": matter.attributes(data, making),
        "options": variants.options(data, making),
        "variants": variants.variants(data, making),
        "materials": matter.materials(data, making),
        "details": matter.details(data, making),
        "tags": belonging.tags(data),
        "related": belonging.related(data, making),
        "tier_prices": belonging.tier_prices(data, making),
        "reviews": belonging.reviews(data, making),
    }
    if measures := matter.dimensions(data, making):
        parts["dimensions"] = measures
    return parts
