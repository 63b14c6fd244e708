"""Name and description in every language."""

from typing import Annotated, Any, TypedDict

from django.db import connection
from django.utils.translation import gettext_noop
from pydantic import AfterValidator

from shop.catalog.given import Given, Name, Paragraphs, Translations, problem
from shop.catalog.models import FALLBACK_LANGUAGE, Product, ProductTranslation
from shop.catalog.parts.part import Part, store_texts, texts_of


class GivenText(Given):
    """A product's texts in one language."""

    name: Name
    description: Paragraphs = ""


class ShownText(TypedDict):
    """A product's texts in one language."""

    name: str
    description: str


def _has_fallback(texts: dict[str, Any]) -> dict[str, Any]:
    if FALLBACK_LANGUAGE not in texts:
        raise problem("required", gettext_noop("The English text is required."))
    return texts


def show(product: Product) -> dict[str, ShownText]:
    """By language."""
    return texts_of(product, "name", "description")


def write(product: Product, given: dict[str, GivenText]) -> None:
    """Replace all, past the signals of single texts: the part tells of its change once."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_producttranslation WHERE product_id = %s", [product.pk])
    store_texts(ProductTranslation, "product", [(product, given)])


PART = Part(
    name="translations",
    given=Annotated[Translations[GivenText], AfterValidator(_has_fallback)],  # type: ignore[misc]
    prefetch=("translations",),
    show=show,
    write=write,
)
