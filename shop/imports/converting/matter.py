"""What a product is made of and how large it is: dimensions, materials, details, attributes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.imports.converting.making import Document, Making, code_of, from_code
from shop.imports.notes import Note

LENGTH_UNIT, WEIGHT_UNIT = "cm", "kg"
PLACEHOLDER = ("kg", Decimal("0.01"))
Data = Mapping[str, Any]


def dimensions(data: Data, making: Making) -> Document | None:
    """Width, height, depth and weight, with their units."""
    measured = _measured(data, making)
    size, weight = measured.get("dimensions", {}), _weight(measured.get("weight", {}), making)
    found: Document = {side: str(size[side]) for side in ("width", "height", "depth") if side in size}
    if found:
        found["unit"] = size.get("unit", LENGTH_UNIT)
    if weight:
        found |= {"weight": str(weight["value"]), "weight_unit": weight.get("unit", WEIGHT_UNIT)}
    if found and ((size and "unit" not in size) or (weight and "unit" not in weight)):
        making.note(Note.UNITS)
    return found or None


def materials(data: Data, making: Making) -> list[Document]:
    """Each once; a source that has only words for its packaging calls them so."""
    given = [*data.get("materials", []), *({"code": name} for name in data.get("packaging_materials", []))]
    found: dict[str, Document] = {}
    for one in given:
        shares = {"share": str(one["share"])} if "share" in one else {}
        names = making.named(one.get("names", {}), one["code"])
        found.setdefault(code_of(one["code"]), {"code": code_of(one["code"]), "translations": names, **shares})
    return list(found.values())


def details(data: Data, making: Making) -> list[Document]:
    """Those of the source, its ingredients, and the short text of what also has a long one."""
    found = [
        {"translations": _detail(from_code(one["code"]), making.texts(one["texts"]))} for one in data.get("details", [])
    ]
    if data.get("descriptions") and (short := making.texts(data.get("short_descriptions", {}))):
        found.append({"translations": _detail("Summary", short)})
    if ingredients := making.texts(data.get("ingredients", {})):
        found.append({"translations": _detail("Ingredients", ingredients)})
    return found


def attributes(data: Data, making: Making) -> list[Document]:
    """Those of the source, and what it knows of the product in single fields."""
    singles = {"brand": "Brand", "barcode": "Barcode", "quantity_text": "Quantity", "product_type": "Product type"}
    found = [_attribute(attribute, making) for attribute in data.get("attributes", [])]
    fields = [_single(name, title, str(data[name])) for name, title in singles.items() if data.get(name)]
    making.note(Note.FIELD, len(fields))
    return found + fields


def _measured(data: Data, making: Making) -> Data:
    """Where the measures stand."""
    variants = [one for one in data.get("variants", []) if "dimensions" in one or "weight" in one]
    making.note(Note.VARIANT_MEASURE, len(variants))
    if "dimensions" in data or "weight" in data or not variants:
        return data
    making.note(Note.FIRST_VARIANT)
    return variants[0]


def _weight(weight: Data, making: Making) -> Data:
    if weight and (weight.get("unit"), Decimal(str(weight["value"]))) == PLACEHOLDER:
        making.note(Note.PLACEHOLDER)
        return {}
    return weight


def _detail(title: str, texts: Mapping[str, str]) -> Document:
    return {code: {"title": title, "text": text} for code, text in texts.items()}


def _attribute(attribute: Data, making: Making) -> Document:
    code = attribute["code"]
    return {
        "code": code_of(code),
        "translations": making.named(attribute.get("names", {}), code),
        "values": _values(attribute["values"], making),
    }


def _values(values: Iterable[Data], making: Making) -> list[Document]:
    """Each once, known by its English word."""
    found: dict[str, Document] = {}
    for given in values:
        words = making.names(given.get("names", {}), given.get("code", ""))
        value = words.pop(FALLBACK_LANGUAGE)
        found.setdefault(
            value, {"value": value, "translations": {code: {"value": word} for code, word in words.items()}}
        )
    return list(found.values())


def _single(name: str, title: str, value: str) -> Document:
    names = {FALLBACK_LANGUAGE: {"name": title}}
    return {"code": code_of(name), "translations": names, "values": [{"value": value, "translations": {}}]}
