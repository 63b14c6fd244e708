"""Keeping the showcase: products are written down as the catalogue has them now, not as an event found them.

So it does not matter in which order the events of several streams arrive: whoever writes a product down locks its rows
first, reads then, and sees everything that was told of before.
"""

import json
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection

from events.api import Event, Fact
from shop.catalog.events import (
    ProductCoreUpdated,
    ProductCreated,
    ProductFullyProcessed,
    ProductProcessedWithFailures,
    ProductUpdated,
    TermChanged,
)
from shop.catalog.models import Product
from shop.catalog.queries import being_written, products_with_term, related_to, whole_products
from shop.showcase.documents import document_of, is_written
from shop.showcase.models import ShownProduct

SHOWCASE_EVENTS: tuple[type[Event], ...] = (
    ProductCreated,
    ProductUpdated,
    ProductCoreUpdated,
    ProductFullyProcessed,
    ProductProcessedWithFailures,
    TermChanged,
)
BATCH_PRODUCTS = 200
#: Who writes a part of a submitted document says so, and the end of the document says it again.
_PART_WRITER = "subscriber:products.write_"
# Makes the rows that are missing, and locks all of them.
_LOCK = """
INSERT INTO showcase_shownproduct (product_id, language, revision, document)
SELECT product_id, language, 0, '' FROM unnest(%s::bigint[]) product_id, unnest(%s::varchar[]) language
ORDER BY product_id, language
ON CONFLICT (product_id, language) DO UPDATE SET language = excluded.language
"""


def write_showcase(facts: Sequence[Fact]) -> None:
    """Write down the products that the facts speak of, each once."""
    keys = sorted(set[int]().union(*(_products_of(fact) for fact in facts)))
    for start in range(0, len(keys), BATCH_PRODUCTS):
        _write(keys[start : start + BATCH_PRODUCTS])


def _products_of(fact: Fact) -> Iterable[int]:
    event = fact.event
    if isinstance(event, TermChanged):
        return products_with_term(event.kind, event.term_id)
    if isinstance(event, ProductUpdated):
        if fact.context.actor.startswith(_PART_WRITER):
            return ()
        return [event.product_id, *(related_to(event.product_id) if "sku" in event.changed else ())]
    return [event.product_id]  # type: ignore[attr-defined]


def _write(keys: list[int]) -> None:
    """All that is read here is read after the lock."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [keys, _languages()])
    products = {product.pk: product for product in whole_products().filter(pk__in=set(keys) - being_written(keys))}
    written = [key for key in keys if key in products and is_written(products[key])]
    ShownProduct.objects.filter(product_id__in=set(keys) - set(written)).delete()
    ShownProduct.objects.bulk_create(
        [row for key in written for row in _rows(products[key])],
        update_conflicts=True,
        unique_fields=["product_id", "language"],
        update_fields=["revision", "document"],
    )


def _rows(product: Product) -> Iterable[ShownProduct]:
    for language in _languages():
        document = json.dumps(document_of(product, language), ensure_ascii=False, default=str)
        yield ShownProduct(product_id=product.pk, language=language, revision=product.revision, document=document)


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]
