"""The categories a product stands in; the first is the main one."""

from collections.abc import Iterator
from typing import Annotated, TypedDict

from pydantic import Field

from shop.catalog.given import Code, Given, Named, Translations, no_repeats
from shop.catalog.models import Category, CategoryTranslation, Product, ProductCategory
from shop.catalog.parts.part import Part, Reference, name_shared, shared_rows, texts_of


class GivenCategory(Given):
    """A category by its code. One that does not exist yet needs names, and may say what it stands in."""

    code: Code
    parent: Code | None = None
    translations: Translations[Named] = {}


class ShownName(TypedDict):
    """A name in one language."""

    name: str


class ShownCategory(TypedDict):
    """A category with its names by language."""

    code: str
    parent: str | None
    translations: dict[str, ShownName]


def show(product: Product) -> list[ShownCategory]:
    """In order."""
    return [
        {
            "code": link.category.code,
            "parent": link.category.parent.code if link.category.parent else None,
            "translations": texts_of(link.category, "name"),
        }
        for link in product.category_links.all()
    ]


def write(product: Product, given: list[GivenCategory]) -> None:
    """Replace the links; categories are shared, so they are made and named, never removed."""
    known = set(Category.objects.filter(code__in=[one.code for one in given]).values_list("code", flat=True))
    by_code = shared_rows(
        Category, "code", [*(one.code for one in given), *(one.parent for one in given if one.parent)]
    )
    _put_into_tree([one for one in given if one.code not in known and one.parent], by_code)
    name_shared(CategoryTranslation, "category", {by_code[one.code].pk: one.translations for one in given})
    ProductCategory.objects.filter(product=product).delete()
    ProductCategory.objects.bulk_create(
        ProductCategory(product=product, category=by_code[one.code], position=position)
        for position, one in enumerate(given)
    )


def references(given: list[GivenCategory]) -> Iterator[Reference]:
    """A category without names must exist, and so must a parent that does not stand before it in the list."""
    before: set[str] = set()
    for index, one in enumerate(given):
        if not one.translations:
            yield Reference("category", one.code, ("categories", index, "code"))
        if one.parent and one.parent not in before:
            yield Reference("category", one.parent, ("categories", index, "parent"))
        before.add(one.code)


def _put_into_tree(new: list[GivenCategory], by_code: dict[str, Category]) -> None:
    """Only what was just made gets a parent from a document, so the tree stays one."""
    for one in new:
        Category.objects.filter(code=one.code, parent=None).update(parent=by_code[one.parent])


PART = Part(
    name="categories",
    given=Annotated[list[GivenCategory], Field(max_length=50), no_repeats("code")],
    prefetch=("category_links__category__translations", "category_links__category__parent"),
    show=show,
    write=write,
    references=references,
)
