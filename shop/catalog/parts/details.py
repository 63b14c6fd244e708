"""Details: more to know, each with a title and a text."""

from typing import Annotated, TypedDict

from pydantic import Field

from shop.catalog.given import Given, Name, Paragraphs, Translations
from shop.catalog.models import Detail, DetailTranslation, Product
from shop.catalog.parts.part import Part, store_texts, texts_of


class GivenDetailText(Given):
    """A detail in one language."""

    title: Name
    text: Paragraphs = ""


class GivenDetail(Given):
    """A detail."""

    translations: Annotated[Translations[GivenDetailText], Field(min_length=1)]  # type: ignore[misc]


class ShownDetailText(TypedDict):
    """A detail in one language."""

    title: str
    text: str


class ShownDetail(TypedDict):
    """A detail with its texts by language."""

    translations: dict[str, ShownDetailText]


def show(product: Product) -> list[ShownDetail]:
    """In order."""
    return [{"translations": texts_of(detail, "title", "text")} for detail in product.details.all()]


def write(product: Product, given: list[GivenDetail]) -> None:
    """Replace all."""
    Detail.objects.filter(product=product).delete()
    rows = [Detail(product=product, position=position) for position, _one in enumerate(given)]
    Detail.objects.bulk_create(rows)
    texts = [(row, one.translations) for row, one in zip(rows, given, strict=True)]
    store_texts(DetailTranslation, "detail", texts)


PART = Part(
    name="details",
    given=Annotated[list[GivenDetail], Field(max_length=50)],
    prefetch=("details__translations",),
    show=show,
    write=write,
)
