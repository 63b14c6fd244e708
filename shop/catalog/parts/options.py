"""Options that a customer chooses from, with the images of their values."""

from collections.abc import Iterator
from typing import Annotated, TypedDict

from pydantic import Field

from shop.catalog.given import Alternatives, Code, Given, GivenFile, Named, Translations, no_repeats
from shop.catalog.models import (
    Option,
    OptionTranslation,
    OptionValue,
    OptionValueImage,
    OptionValueImageTranslation,
    OptionValueTranslation,
    Product,
    file_url,
)
from shop.catalog.parts.part import (
    Part,
    Reference,
    alternatives,
    alternatives_of,
    file_references,
    store_texts,
    stored_paths,
    texts_of,
)


class GivenValueImage(GivenFile):
    """What a value looks like."""

    alt: Alternatives = {}


class GivenOptionValue(Given):
    """One of the things an option can be."""

    code: Code
    translations: Translations[Named] = {}
    image: GivenValueImage | None = None


class GivenOption(Given):
    """An option with its values."""

    code: Code
    translations: Translations[Named] = {}
    values: Annotated[list[GivenOptionValue], Field(min_length=1, max_length=100), no_repeats("code")]


class ShownName(TypedDict):
    """A name in one language."""

    name: str


class ShownValueImage(TypedDict):
    """What a value looks like."""

    url: str
    path: str
    alt: dict[str, str]


class ShownOptionValue(TypedDict):
    """A value with its names by language."""

    code: str
    translations: dict[str, ShownName]
    image: ShownValueImage | None


class ShownOption(TypedDict):
    """An option with its names by language, and its values."""

    code: str
    translations: dict[str, ShownName]
    values: list[ShownOptionValue]


def show(product: Product) -> list[ShownOption]:
    """In order."""
    return [
        {
            "code": option.code,
            "translations": texts_of(option, "name"),
            "values": [_show_value(value) for value in option.values.all()],
        }
        for option in product.options.all()
    ]


def write(product: Product, given: list[GivenOption]) -> None:
    """Replace all, in one statement per table."""
    Option.objects.filter(product=product).delete()
    options = [Option(product=product, code=one.code, position=position) for position, one in enumerate(given)]
    Option.objects.bulk_create(options)
    store_texts(OptionTranslation, "option", [(row, one.translations) for row, one in zip(options, given, strict=True)])
    values = [
        (OptionValue(option=option, code=value.code, position=position), value)
        for option, one in zip(options, given, strict=True)
        for position, value in enumerate(one.values)
    ]
    OptionValue.objects.bulk_create([row for row, _value in values])
    store_texts(OptionValueTranslation, "value", [(row, value.translations) for row, value in values])
    _write_images([(row, value.image) for row, value in values if value.image])


def references(given: list[GivenOption]) -> Iterator[Reference]:
    """The images."""
    for index, option in enumerate(given):
        for position, value in enumerate(option.values):
            yield from file_references("image", value.image, "options", index, "values", position, "image")


def _write_images(given: list[tuple[OptionValue, GivenValueImage]]) -> None:
    paths = stored_paths(image for _value, image in given)
    rows = [
        OptionValueImage(value=value, upload_id=image.upload, file=path)
        for (value, image), path in zip(given, paths, strict=True)
    ]
    OptionValueImage.objects.bulk_create(rows)
    texts = [(row, alternatives(image.alt)) for row, (_value, image) in zip(rows, given, strict=True)]
    store_texts(OptionValueImageTranslation, "image", texts)


def _show_value(value: OptionValue) -> ShownOptionValue:
    image: OptionValueImage | None = getattr(value, "image", None)
    return {
        "code": value.code,
        "translations": texts_of(value, "name"),
        "image": image and {"url": file_url(image.file.name), "path": image.file.name, "alt": alternatives_of(image)},
    }


PART = Part(
    name="options",
    given=Annotated[list[GivenOption], Field(max_length=10), no_repeats("code")],
    prefetch=("options__translations", "options__values__translations", "options__values__image__translations"),
    show=show,
    write=write,
    references=references,
)
