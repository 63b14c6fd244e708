"""Videos about a product."""

from typing import Annotated, TypedDict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop
from pydantic import AfterValidator, Field

from shop.catalog.given import Given, Name, Paragraphs, Translations, line, problem
from shop.catalog.models import Product, Video, VideoTranslation, web_address
from shop.catalog.parts.part import Part, store_texts, texts_of


def _address(url: str) -> str:
    try:
        web_address(url)
    except ValidationError:
        raise problem("url", gettext_noop("An address is needed that begins with https:// or http://.")) from None
    return url


class GivenFilm(Given):
    """A video's texts in one language."""

    title: Name
    description: Paragraphs = ""


class GivenVideo(Given):
    """A video by its address."""

    url: Annotated[line(1000), AfterValidator(_address)]  # type: ignore[valid-type]
    translations: Translations[GivenFilm] = {}


class ShownFilm(TypedDict):
    """A video's texts in one language."""

    title: str
    description: str


class ShownVideo(TypedDict):
    """A video with its texts by language."""

    url: str
    translations: dict[str, ShownFilm]


def show(product: Product) -> list[ShownVideo]:
    """In order."""
    return [
        {"url": video.url, "translations": texts_of(video, "title", "description")} for video in product.videos.all()
    ]


def write(product: Product, given: list[GivenVideo]) -> None:
    """Replace all."""
    Video.objects.filter(product=product).delete()
    rows = [Video(product=product, url=one.url, position=position) for position, one in enumerate(given)]
    Video.objects.bulk_create(rows)
    store_texts(VideoTranslation, "video", [(row, one.translations) for row, one in zip(rows, given, strict=True)])


PART = Part(
    name="videos",
    given=Annotated[list[GivenVideo], Field(max_length=20)],
    prefetch=("videos__translations",),
    show=show,
    write=write,
)
