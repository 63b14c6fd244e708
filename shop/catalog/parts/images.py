"""Images, with their thumbnails; the first takes the place of the product's picture."""

from collections.abc import Iterator
from typing import Annotated, TypedDict

from pydantic import Field

from shop.catalog.given import Alternatives, GivenFile, line
from shop.catalog.models import Image, ImageTranslation, Product, file_url
from shop.catalog.parts.part import (
    Part,
    Reference,
    alternatives,
    alternatives_of,
    file_references,
    store_texts,
    stored_paths,
)
from shop.catalog.thumbnails import make_thumbnails


class GivenImage(GivenFile):
    """An image with its alternative texts by language; without a position it stands where it is in the list."""

    alt: Alternatives = {}
    position: Annotated[int, Field(ge=0, le=100_000)] | None = None
    role: line(30) | None = None  # type: ignore[valid-type]


class ShownImage(TypedDict):
    """Addresses of the picture in its sizes, the small ones in WebP, and alternative texts by language."""

    url: str
    small: str
    medium: str
    large: str
    webp: str
    path: str
    alt: dict[str, str]
    position: int
    role: str


def show(product: Product) -> list[ShownImage]:
    """In order."""
    return [
        {
            "url": file_url(image.file.name),
            "small": file_url(image.small),
            "medium": file_url(image.medium),
            "large": file_url(image.large),
            "webp": file_url(image.webp),
            "path": image.file.name,
            "alt": alternatives_of(image),
            "position": image.position,
            "role": image.role,
        }
        for image in product.images.all()
    ]


def prepare(given: list[GivenImage]) -> None:
    """The smaller pictures; those that are there stay."""
    for path in stored_paths(given):
        make_thumbnails(path)


def write(product: Product, given: list[GivenImage]) -> None:
    """Replace all."""
    rows = [
        Image(
            product=product,
            upload_id=one.upload,
            file=path,
            role=one.role or "",
            position=index if one.position is None else one.position,
            **make_thumbnails(path),
        )
        for index, (one, path) in enumerate(zip(given, stored_paths(given), strict=True))
    ]
    Image.objects.filter(product=product).delete()
    Image.objects.bulk_create(rows)
    store_texts(ImageTranslation, "image", [(row, alternatives(one.alt)) for row, one in zip(rows, given, strict=True)])
    main = min(rows, key=lambda row: row.position, default=None)
    Product.objects.filter(pk=product.pk).update(picture=main.file.name if main else "")


def references(given: list[GivenImage]) -> Iterator[Reference]:
    """The files."""
    for index, one in enumerate(given):
        yield from file_references("image", one, "images", index)


PART = Part(
    name="images",
    given=Annotated[list[GivenImage], Field(max_length=50)],
    prefetch=("images__translations",),
    show=show,
    write=write,
    references=references,
    prepare=prepare,
    time_limit_seconds=240,  # fifty pictures of 25 million pixels are some minutes
)
