"""Versions of a product's document: ETags, and changes that are only made to the version that was read.

A tag has two halves. The first names what can be edited, and is what `If-Match` is about; the second names the whole
answer, with the pieces in stock, and is what `If-None-Match` is about.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shop.catalog.models import Product
from shop.catalog.parts import PARTS
from shop.catalog.queries import whole_products
from shop.errors import DocumentChanged


def etag(product: Product, parts: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """The tag of an answer about a product that shows these parts."""
    return f'"{_edition(product, parts)}.{_digest(answer)}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the reader has this answer already."""
    return if_none_match.strip() == "*" or tag in _tags(if_none_match)


def refuse_other_edition(product: Product, if_match: str) -> None:
    """Raises DocumentChanged unless the product still is what one of the tags was given for. Lock it before."""
    if if_match and if_match.strip() != "*":
        now = whole_products().get(pk=product.pk)
        edition = _edition(now, {name: part.show(now) for name, part in PARTS.items()})
        if edition not in [tag.strip('"').partition(".")[0] for tag in _tags(if_match)]:
            raise DocumentChanged


def _edition(product: Product, parts: Mapping[str, Any]) -> str:
    core = [product.sku, product.slug, product.name, str(product.price), product.status]
    return _digest([core, parts])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
