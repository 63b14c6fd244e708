"""Tags."""

from typing import Annotated

from pydantic import Field

from shop.catalog.given import line, no_repeats
from shop.catalog.models import Product, ProductTag, Tag
from shop.catalog.parts.part import Part, shared_rows


def show(product: Product) -> list[str]:
    """In the order in which they were given."""
    return [link.tag.name for link in product.tag_links.all()]


def write(product: Product, given: list[str]) -> None:
    """Replace the links; tags are shared, so they are made, never removed."""
    by_name = shared_rows(Tag, "name", given)
    ProductTag.objects.filter(product=product).delete()
    ProductTag.objects.bulk_create(ProductTag(product=product, tag=by_name[name]) for name in given)


PART = Part(
    name="tags",
    given=Annotated[list[line(50)], Field(max_length=50), no_repeats()],  # type: ignore[misc]
    prefetch=("tag_links__tag",),
    show=show,
    write=write,
)
