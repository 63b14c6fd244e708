"""What can be chosen of a product: options with their values, and the variants that they make."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product as combinations
from typing import Any

from shop.imports.converting.core import PENNY, money
from shop.imports.converting.keys import identity
from shop.imports.converting.making import Document, Making, code_of
from shop.imports.notes import Note

Data = Mapping[str, Any]


def options(data: Data, making: Making) -> list[Document]:
    """With the picture of a value where the only option decides on the picture."""
    given = data.get("options", [])
    pictures = _pictures_of_values(data, making) if len(given) == 1 else {}
    return [
        {
            "code": code_of(option["code"]),
            "translations": making.named(option.get("names", {}), option["code"]),
            "values": [_value(value, pictures, making) for value in option["values"]],
        }
        for option in given
    ]


def variants(data: Data, making: Making) -> list[Document]:
    """Those that the source lists, and the others that its options make."""
    named = [one for one in data.get("variants", []) if _fits(one, data)]
    making.note(Note.UNFIT_VARIANT, len(data.get("variants", [])) - len(named))
    return [_variant(one, data, making) for one in [*named, *_unnamed(data, named, making)]]


def _fits(variant: Data, data: Data) -> bool:
    chosen = variant.get("option_values", {})
    codes = {option["code"]: {value["code"] for value in option["values"]} for option in data.get("options", [])}
    return bool(chosen) and chosen.keys() == codes.keys() and all(chosen[code] in codes[code] for code in codes)


def _unnamed(data: Data, named: list[Data], making: Making) -> Iterator[Data]:
    """Only Odoo says which options make variants; other sources list all that there are."""
    given = data.get("options", [])
    if not given or any(option.get("create_variant", "no_variant") == "no_variant" for option in given):
        return
    known = [one["option_values"] for one in named]
    for values in combinations(*(option["values"] for option in given)):
        chosen = {option["code"]: value["code"] for option, value in zip(given, values, strict=True)}
        if chosen not in known:
            making.note(Note.UNNAMED_VARIANT)
            yield {"option_values": chosen}


def _variant(variant: Data, data: Data, making: Making) -> Document:
    chosen = {code_of(option): code_of(value) for option, value in variant["option_values"].items()}
    making.note(Note.VARIANT_TEXT, sum(name in variant for name in ("names", "descriptions", "short_descriptions")))
    document: Document = {
        "sku": variant.get("sku") or _sku(data, chosen, making),
        "option_values": chosen,
        "stock": variant.get("stock", making.choices.stock),
    }
    if price := _price(variant, data, making):
        document["price"] = price
    return document


def _price(variant: Data, data: Data, making: Making) -> Document | None:
    """Its own; or that of the product with the surcharges of its values; or none, which is that of the product."""
    price = variant.get("price", {})
    making.note(Note.OTHER_PRICE, len(price.keys() - {"amount", "currency"}) + len(variant.get("other_prices", [])))
    base = data.get("price", {})
    if "amount" in price:
        return money(price["amount"], price.get("currency") or base.get("currency", ""), making)
    extra = sum(_extras(variant, data), Decimal(0))
    return money(base["amount"] + extra, base.get("currency", ""), making) if extra and "amount" in base else None


def _extras(variant: Data, data: Data) -> Iterator[Decimal]:
    for option in data["options"]:
        for value in option["values"]:
            if variant["option_values"].get(option["code"]) == value["code"]:
                yield Decimal(value.get("price_extra", 0)).quantize(PENNY)


def _sku(data: Data, chosen: Mapping[str, str], making: Making) -> str:
    """The product's with the last word of each value: `E-COM07-45`."""
    endings = [value.rpartition("-")[2] for value in chosen.values()]
    base = making.keys[identity(data)].sku
    return "-".join([base, *endings])[-64:].lstrip("._ -")


def _value(value: Data, pictures: Mapping[str, str], making: Making) -> Document:
    document: Document = {
        "code": code_of(value["code"]),
        "translations": making.named(value.get("names", {}), value["code"]),
    }
    if path := pictures.get(value["code"]):
        document["image"] = {"upload": path}
    return document


def _pictures_of_values(data: Data, making: Making) -> dict[str, str]:
    found: dict[str, str] = {}
    for variant in data.get("variants", []):
        path = variant.get("image") or next((image.get("path", "") for image in variant.get("images", [])), "")
        for value in variant.get("option_values", {}).values():
            if path and making.has_picture(path):
                found.setdefault(value, path)
    return found
