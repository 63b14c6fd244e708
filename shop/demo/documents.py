"""The demo products as documents: the same that the API and the import take, with all kinds of parts."""

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as combinations
from pathlib import Path
from typing import Any

from django.conf import settings

from shop.demo.guides import has_guide
from shop.demo.words import words

HERE = Path(__file__).parent
FOLDER = "products/demo"
Document = dict[str, Any]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the file: its document without what refers to other products, and what is to be drawn for it.

    `pictures` has the tone of each picture by its path, the main one first.
    """

    sku: str
    slug: str
    kind: str
    names: dict[str, str]
    document: Document
    related: list[str]
    pictures: dict[str, str]
    guide: str


def demo_products() -> list[DemoProduct]:
    """All of them, in the order of the file."""
    return [_product(entry) for entry in _entries()]


def _entries() -> list[Entry]:
    products, parts = (
        json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("products.json", "parts.json")
    )
    return [{**entry, **parts[entry["sku"]]} for entry in products]


def _product(entry: Entry) -> DemoProduct:
    guide = f"{FOLDER}/{entry['slug']}.pdf" if has_guide(entry["kind"]) else ""
    return DemoProduct(
        sku=entry["sku"],
        slug=entry["slug"],
        kind=entry["kind"],
        names=entry["name"],
        document=_core(entry) | _facts(entry) | _choices(entry) | _shown(entry, guide),
        related=entry["related"],
        pictures={_picture(entry, tone): tone for tone in _tones(entry)},
        guide=guide,
    )


def _core(entry: Entry) -> Document:
    core: Document = {
        "sku": entry["sku"],
        "slug": entry["slug"],
        "price": _money(entry["price"]),
        "translations": {
            language: {"name": name, "description": entry["description"][language]}
            for language, name in entry["name"].items()
        },
    }
    own = 0 if entry.get("options") else entry["stock"]  # else its variants are in stock
    return core | {"stock": {"available": own, "low_at": entry["low_at"]}}


def _facts(entry: Entry) -> Document:
    width, height, depth = entry["size"]
    materials, details, categories = words("materials"), words("details"), words("categories")
    return {
        "categories": [{"code": entry["category"], "translations": _named(categories[entry["category"]])}],
        "attributes": [_attribute(code, entry[code]) for code in ("room", "style", "assembly")],
        "dimensions": {"width": width, "height": height, "depth": depth, "unit": "cm", "weight": entry["weight"]},
        "materials": [
            {"code": code, "share": share, "translations": _named(materials[code])}
            for code, share in entry["materials"].items()
        ],
        "details": [{"translations": details[code]} for code in entry["details"]],
        "tags": entry["tags"],
        "tier_prices": [
            {"min_quantity": int(count), "price": _money(price)}
            for count, price in entry.get("tier_prices", {}).items()
        ],
        "reviews": [{**review, "state": "approved"} for review in entry["reviews"]],
    }


def _choices(entry: Entry) -> Document:
    """Options, and a variant for every combination of their values; the stock is shared out among them."""
    options = entry.get("options", {})
    chosen = [dict(zip(options, values, strict=True)) for values in combinations(*options.values())] if options else []
    return {
        "options": [
            {
                "code": code,
                "translations": _named(words("choices")["options"][code]),
                "values": [_value(entry, code, value) for value in values],
            }
            for code, values in options.items()
        ],
        "variants": [_variant(entry, values, len(chosen)) for values in chosen],
    }


def _variant(entry: Entry, values: dict[str, str], count: int) -> Document:
    surcharge = sum(Decimal(entry.get("surcharges", {}).get(value, 0)) for value in values.values())
    price = {"price": _money(str(Decimal(entry["price"]) + surcharge))} if surcharge else {}
    sku = "-".join([entry["sku"], *(value.upper() for value in values.values())])
    return {"sku": sku, "option_values": values, "stock": max(1, entry["stock"] // count), **price}


def _shown(entry: Entry, guide: str) -> Document:
    title = words("guides")["title"]
    shown: Document = {
        "images": [
            {"path": _picture(entry, tone), "alt": _alt(entry, tone), "position": position}
            for position, tone in enumerate(_tones(entry))
        ],
    }
    if guide:
        translations = {language: {"title": f"{title[language]}: {entry['name'][language]}"} for language in title}
        shown["guide"] = {"path": guide, "translations": translations}
    return shown


def _value(entry: Entry, option: str, value: str) -> Document:
    document: Document = {"code": value, "translations": _named(words("choices")["values"][value])}
    if option == "colour":
        document["image"] = {"path": _picture(entry, value), "alt": _alt(entry, value)}
    return document


def _attribute(code: str, value: str) -> Document:
    names, said = words("choices")["attributes"][code], words("choices")["attribute_values"][value]
    others = {language: {"value": word} for language, word in said.items() if language != "en"}
    return {"code": code, "translations": _named(names), "values": [{"value": said["en"], "translations": others}]}


def _tones(entry: Entry) -> list[str]:
    """Of its pictures, its own first."""
    return list(dict.fromkeys([entry["tone"], *entry.get("options", {}).get("colour", [])]))


def _picture(entry: Entry, tone: str) -> str:
    ending = "" if tone == entry["tone"] else f"-{tone}"
    return f"{FOLDER}/{entry['slug']}{ending}.webp"


def _alt(entry: Entry, tone: str) -> dict[str, str]:
    if "colour" not in entry.get("options", {}):
        return dict(entry["name"])
    colour = words("choices")["values"][tone]
    return {"en": f"{entry['name']['en']}, {colour['en']}", "ar": f"{entry['name']['ar']}، {colour['ar']}"}


def _named(names: dict[str, str]) -> dict[str, dict[str, str]]:
    return {language: {"name": name} for language, name in names.items() if language != "parent"}


def _money(amount: str) -> Document:
    return {"amount": amount, "currency": settings.DEFAULT_CURRENCY}
