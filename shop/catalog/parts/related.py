"""Related products."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from shop.catalog.given import Sku, no_repeats
from shop.catalog.models import Product, RelatedProduct
from shop.catalog.parts.part import Part, Reference


def show(product: Product) -> list[str]:
    """Their SKUs, in order."""
    return [link.other.sku for link in product.related_links.all()]


def write(product: Product, given: list[str]) -> None:
    """Replace the links. A product that got another SKU since it was named here is left out."""
    by_sku = Product.objects.exclude(pk=product.pk).in_bulk(given, field_name="sku")
    RelatedProduct.objects.filter(product=product).delete()
    RelatedProduct.objects.bulk_create(
        RelatedProduct(product=product, other=by_sku[sku], position=position)
        for position, sku in enumerate(given)
        if sku in by_sku
    )


def references(given: list[str]) -> Iterator[Reference]:
    """They must exist."""
    for index, sku in enumerate(given):
        yield Reference("product", sku, ("related", index))


PART = Part(
    name="related",
    given=Annotated[list[Sku], Field(max_length=50), no_repeats()],
    prefetch=("related_links__other",),
    show=show,
    write=write,
    references=references,
)
