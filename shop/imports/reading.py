"""Reading a catalogue in JSON: `{"meta": {…}, "products": [{…}, …]}`, all of it before anything is imported."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop.imports.errors import BadFile

MAX_PROBLEMS = 10
_DICTS = {"names", "short_descriptions", "descriptions", "ingredients", "price", "weight", "dimensions", "related"}
_LISTS = {
    "categories", "tags", "tier_prices", "packaging_materials", "materials", "details", "images", "attributes",
    "options", "variants", "reviews",
}  # fmt: skip
_TEXTS = {"source_id", "sku", "barcode", "type", "url_key", "brand", "brands", "quantity_text", "status"}
_KINDS: dict[str, type] = {
    **dict.fromkeys(_DICTS, dict),
    **dict.fromkeys(_LISTS, list),
    **dict.fromkeys(_TEXTS, str),
}
_WORDS = {dict: "an object", list: "a list", str: "a text"}


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """One product as the file has it; `place` tells where that is, and `problem` why it could not be read."""

    place: str
    data: Mapping[str, Any]
    problem: str = ""


def read_json(path: Path) -> list[SourceProduct]:
    """All products. Raises BadFile, which names up to ten that do not look like products."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except OSError as error:
        raise BadFile(path, [error.strerror or str(error)]) from error
    except (ValueError, RecursionError) as error:
        raise BadFile(path, [f"not JSON: {error}"]) from error
    products = content.get("products") if isinstance(content, dict) else content
    if not isinstance(products, list) or not products:
        raise BadFile(path, ['there is no list "products" with anything in it'])
    problems = [problem for number, data in enumerate(products, 1) for problem in _problems(number, data)]
    if problems:
        raise BadFile(path, problems[:MAX_PROBLEMS])
    return [SourceProduct(f"product {number} ({_called(data)})", data) for number, data in enumerate(products, 1)]


def _called(data: Mapping[str, Any]) -> str:
    return str(data.get("sku") or data.get("source_id") or data.get("barcode") or "no SKU")[:80]


def _problems(number: int, data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f"product {number}: not an object"
        return
    for name, kind in _KINDS.items():
        if name in data and not isinstance(data[name], kind):
            yield f"product {number}: {name} is not {_WORDS[kind]}"


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")
