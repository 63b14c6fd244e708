"""The core: SKU, slug, price, status, and name and description in every language."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shop.imports.converting.keys import identity
from shop.imports.converting.making import Document, Making
from shop.imports.errors import BadRow, NoCurrency
from shop.imports.notes import Note

PENNY = Decimal("0.01")
Data = Mapping[str, Any]


def core(data: Data, making: Making) -> Document:
    """Everything but the parts. Raises BadRow."""
    key = making.keys[identity(data)]
    if "sku" not in data:
        making.note(Note.NO_SKU)
    elif data["sku"] != key.sku:
        making.note(Note.SAME_SKU)
    price, status = _price(data, making)
    document = {
        "sku": key.sku,
        "price": price,
        "status": data.get("status", status),
        "translations": _translations(data, making),
    }
    if url_key := data.get("url_key"):
        document["slug"] = url_key
    return document


def money(amount: Any, currency: str, making: Making) -> Document:
    """An amount to the penny. Raises NoCurrency."""
    if not currency:
        making.note(Note.NO_CURRENCY)
        currency = making.choices.currency
    if not currency:
        raise NoCurrency
    return {"amount": str(Decimal(str(amount)).quantize(PENNY, ROUND_HALF_UP)), "currency": currency}


def _price(data: Data, making: Making) -> tuple[Document, str]:
    """A product that only its variants have a price of costs what the cheapest does; one without any is a draft."""
    price = data.get("price", {})
    making.note(Note.OTHER_PRICE, len(price.keys() - {"amount", "currency"}))
    if "amount" in price:
        return money(price["amount"], price.get("currency", ""), making), "active"
    priced = [variant["price"] for variant in data.get("variants", []) if "amount" in variant.get("price", {})]
    if priced:
        making.note(Note.LOWEST_PRICE)
        lowest = min(priced, key=lambda one: one["amount"])
        return money(lowest["amount"], lowest.get("currency", ""), making), "active"
    making.note(Note.NO_PRICE)
    return money(0, price.get("currency", ""), making), "draft"


def _translations(data: Data, making: Making) -> Document:
    """In each language the long text describes, else the short one; what has both keeps the short one as a detail."""
    names = making.names(data.get("names", {}))
    if not names:
        raise BadRow("names: there is none")
    if making.keys[identity(data)].same_name:
        making.note(Note.SAME_NAME)
        sku = making.keys[identity(data)].sku
        names = {code: f"{name} ({sku})" for code, name in names.items()}
    described = making.texts({**data.get("short_descriptions", {}), **data.get("descriptions", {})})
    return {code: {"name": name, "description": described.get(code, "")} for code, name in names.items()}
