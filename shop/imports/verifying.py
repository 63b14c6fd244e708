"""Whether the shop has everything of what was submitted, once the parts are written."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.catalog.models import Product
from shop.catalog.parts import PARTS
from shop.imports.counting import of_document
from shop.imports.importing import Job

BATCH = 100


@dataclass(slots=True)
class Verified:
    """What the shop has in all, and which products lack something: `SKU: images 3 of 4`."""

    there: Counter[str] = field(default_factory=Counter)
    incomplete: list[str] = field(default_factory=list)


def verify(jobs: Sequence[Job]) -> Verified:
    """Compare the parts of every product with its document. A few queries for a hundred products."""
    verified = Verified()
    for begin in range(0, len(jobs), BATCH):
        batch = {job.document["sku"]: job.document for job in jobs[begin : begin + BATCH]}
        shown = {product.sku: _shown(product) for product in _products(batch)}
        for sku, document in batch.items():
            found = of_document(shown[sku]) if sku in shown else Counter()
            verified.there.update(found)
            verified.incomplete += _lacking(sku, of_document(document), found)
    return verified


def _products(skus: Iterable[str]) -> Iterable[Product]:
    paths = [path for part in PARTS.values() for path in part.prefetch]
    return Product.objects.filter(sku__in=skus).prefetch_related(*paths)


def _shown(product: Product) -> dict[str, Any]:
    return {name: part.show(product) for name, part in PARTS.items()}


def _lacking(sku: str, wanted: Counter[str], found: Counter[str]) -> Iterable[str]:
    parts = [f"{name} {found[name]} of {count}" for name, count in wanted.items() if found[name] != count]
    return [f"{sku}: {', '.join(parts)}"] if parts else []
