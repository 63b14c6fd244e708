"""Attributes: what a product has of properties that can be compared."""

from itertools import groupby
from typing import Annotated, Any, TypedDict

from django.utils.translation import gettext_noop
from pydantic import ConfigDict, Field, model_validator

from shop.catalog.given import ALSO, Code, Given, Name, Named, Translations, no_repeats, problem
from shop.catalog.models import (
    Attribute,
    AttributeTranslation,
    AttributeValue,
    AttributeValueTranslation,
    Product,
)
from shop.catalog.parts.part import Part, name_shared, shared_rows, store_texts, texts_of


class GivenWord(Given):
    """A value in one language."""

    value: Name


class GivenAttributeValue(Given):
    """One value; also given as the word alone."""

    model_config = ConfigDict(json_schema_extra={ALSO: [{"type": "string", "minLength": 1, "maxLength": 255}]})

    value: Name
    translations: Translations[GivenWord] = {}

    @model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: Any) -> Any:
        return value if isinstance(value, dict | GivenAttributeValue) else {"value": value}


class GivenAttribute(Given):
    """An attribute with its names by language, and one value or several."""

    code: Code
    value: GivenAttributeValue | None = None
    values: Annotated[list[GivenAttributeValue], Field(max_length=100), no_repeats("value")] = []
    translations: Translations[Named] = {}

    @model_validator(mode="after")
    def _has_value(self) -> "GivenAttribute":
        if (self.value is None) == (not self.values):
            raise problem("value", gettext_noop("Give either a value or values."))
        return self


class ShownName(TypedDict):
    """A name in one language."""

    name: str


class ShownWord(TypedDict):
    """A value in one language."""

    value: str


class ShownAttributeValue(TypedDict):
    """A value with its words by language."""

    value: str
    translations: dict[str, ShownWord]


class ShownAttribute(TypedDict):
    """An attribute with its names by language, and its values."""

    code: str
    translations: dict[str, ShownName]
    values: list[ShownAttributeValue]


def show(product: Product) -> list[ShownAttribute]:
    """In order."""
    shown: list[ShownAttribute] = []
    for attribute, values in groupby(product.attribute_values.all(), key=lambda row: row.attribute):
        each: list[ShownAttributeValue] = [
            {"value": row.value, "translations": texts_of(row, "value")} for row in values
        ]
        shown.append({"code": attribute.code, "translations": texts_of(attribute, "name"), "values": each})
    return shown


def write(product: Product, given: list[GivenAttribute]) -> None:
    """Replace the values; attributes are shared, so they are made and named, never removed."""
    by_code = shared_rows(Attribute, "code", [one.code for one in given])
    name_shared(AttributeTranslation, "attribute", {by_code[one.code].pk: one.translations for one in given})
    values = [(one, value) for one in given for value in one.values or [one.value]]
    rows = [
        AttributeValue(product=product, attribute=by_code[one.code], value=value.value, position=position)
        for position, (one, value) in enumerate(values)
    ]
    AttributeValue.objects.filter(product=product).delete()
    AttributeValue.objects.bulk_create(rows)
    texts = [(row, value.translations) for row, (_one, value) in zip(rows, values, strict=True)]
    store_texts(AttributeValueTranslation, "attribute_value", texts)


PART = Part(
    name="attributes",
    given=Annotated[list[GivenAttribute], Field(max_length=100), no_repeats("code")],
    prefetch=("attribute_values__translations", "attribute_values__attribute__translations"),
    show=show,
    write=write,
)
