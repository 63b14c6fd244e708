"""Materials and how much there is of each."""

from decimal import Decimal
from typing import Annotated, TypedDict

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, Field

from shop.catalog.given import Code, Given, Named, Share, Translations, no_repeats, problem
from shop.catalog.models import Material, MaterialTranslation, Product
from shop.catalog.parts.part import Part, store_texts, texts_of


class GivenMaterial(Given):
    """A material, with its share in percent if it is known."""

    code: Code
    share: Share | None = None
    translations: Translations[Named] = {}


def _at_most_all(materials: list[GivenMaterial]) -> list[GivenMaterial]:
    if sum((one.share or Decimal(0) for one in materials), Decimal(0)) > 100:
        raise problem("share", gettext_noop("The shares come to more than 100 percent."))
    return materials


class ShownName(TypedDict):
    """A name in one language."""

    name: str


class ShownMaterial(TypedDict):
    """A material with its names by language."""

    code: str
    share: str | None
    translations: dict[str, ShownName]


def show(product: Product) -> list[ShownMaterial]:
    """In order."""
    return [
        {
            "code": one.code,
            "share": None if one.share is None else f"{one.share:.2f}",
            "translations": texts_of(one, "name"),
        }
        for one in product.materials.all()
    ]


def write(product: Product, given: list[GivenMaterial]) -> None:
    """Replace all."""
    Material.objects.filter(product=product).delete()
    rows = [
        Material(product=product, code=one.code, share=one.share, position=position)
        for position, one in enumerate(given)
    ]
    Material.objects.bulk_create(rows)
    texts = [(row, one.translations) for row, one in zip(rows, given, strict=True)]
    store_texts(MaterialTranslation, "material", texts)


PART = Part(
    name="materials",
    given=Annotated[list[GivenMaterial], Field(max_length=50), no_repeats("code"), AfterValidator(_at_most_all)],
    prefetch=("materials__translations",),
    show=show,
    write=write,
)
