"""The assembly guide."""

from collections.abc import Iterable
from typing import TypedDict

from shop.catalog.given import GivenFile, Titled, Translations
from shop.catalog.models import AssemblyGuide, AssemblyGuideTranslation, Product, file_url
from shop.catalog.parts.part import Part, Reference, file_references, store_texts, stored_paths, texts_of


class GivenGuide(GivenFile):
    """A PDF with its titles by language."""

    translations: Translations[Titled] = {}


class ShownTitle(TypedDict):
    """A title in one language."""

    title: str


class ShownGuide(TypedDict):
    """The address of the PDF, with its titles by language."""

    url: str
    path: str
    translations: dict[str, ShownTitle]


def show(product: Product) -> ShownGuide | None:
    """None when there is none."""
    guide: AssemblyGuide | None = getattr(product, "guide", None)
    return guide and {
        "url": file_url(guide.file.name),
        "path": guide.file.name,
        "translations": texts_of(guide, "title"),
    }


def write(product: Product, given: GivenGuide | None) -> None:
    """Replace it."""
    AssemblyGuide.objects.filter(product=product).delete()
    if given:
        guide = AssemblyGuide.objects.create(product=product, upload_id=given.upload, file=stored_paths([given])[0])
        store_texts(AssemblyGuideTranslation, "guide", [(guide, given.translations)])


def references(given: GivenGuide | None) -> Iterable[Reference]:
    """The file."""
    return file_references("pdf", given, "guide")


PART = Part(
    name="guide",
    given=GivenGuide | None,
    nothing=None,
    prefetch=("guide__translations",),
    show=show,
    write=write,
    references=references,
)
