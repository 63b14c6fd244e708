"""Under which SKU and name each product of a file goes into the shop: both tell products apart."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shop.imports.converting.making import Key
from shop.imports.texts import one_line

Data = Mapping[str, Any]


def identity(data: Data) -> str:
    """What the file calls the product."""
    return str(data.get("source_id") or data.get("sku") or data.get("barcode") or "")


def keys_of(products: Iterable[Data]) -> dict[str, Key]:
    """By what the file calls them. Of two with one SKU or name the first keeps it."""
    keys: dict[str, Key] = {}
    skus: set[str] = set()
    names: set[str] = set()
    for data in products:
        sku = next((sku for sku in _candidates(data) if sku.upper() not in skus), "")
        name = one_line(next(iter(_names(data)), "")).casefold()
        keys.setdefault(identity(data), Key(sku, same_name=bool(name) and name in names))
        skus.add(sku.upper())
        names.add(name)
    return keys


def _candidates(data: Data) -> Iterator[str]:
    """The best first."""
    for name in ("sku", "barcode", "url_key", "source_id"):
        if text := str(data.get(name) or ""):
            yield _as_sku(text.upper() if name == "url_key" else text)


def _as_sku(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._ -]+", "-", text).strip("._ -")[:64].strip("._ -")


def _names(data: Data) -> list[str]:
    names = data.get("names") or {}
    return [names["en"]] if "en" in names else list(names.values())[:1]
