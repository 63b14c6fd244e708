"""Where a product belongs and what is said of it: categories, tags, related products, tier prices, reviews, images."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.imports.converting.core import money
from shop.imports.converting.making import Document, Making, code_of
from shop.imports.notes import Note
from shop.imports.texts import one_line, plain_text

BEST = 5
Data = Mapping[str, Any]


def categories(data: Data, making: Making) -> list[Document]:
    """Each once; of a path the last one, whose parents `shelves` has."""
    found: dict[str, Document] = {}
    for given in data.get("categories", []):
        document = _category(given, making)
        found.setdefault(document["code"], document)
    return list(found.values())


def shelves(data: Data) -> dict[str, Document]:
    """The categories above those of a product, the highest first: the product itself does not stand in them."""
    found: dict[str, Document] = {}
    for path in (given.get("path_en", []) for given in data.get("categories", [])):
        for length in range(1, len(path)):
            found[code_of("/".join(path[:length]))] = {
                "parent": code_of("/".join(path[: length - 1])),
                "names": {FALLBACK_LANGUAGE: one_line(path[length - 1])},
            }
    return found


def tags(data: Data) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(one_line(tag) for tag in data.get("tags", [])))


def related(data: Data, making: Making) -> list[str]:
    """SKUs of this file, whatever kind of relation it is; the source names them by SKU or by its own id."""
    names = [name for group in data.get("related", {}).values() for name in group]
    skus = {key.sku for key in making.keys.values()}
    found = [making.keys[name].sku if name in making.keys else name for name in dict.fromkeys(names)]
    making.note(Note.UNKNOWN_RELATED, sum(sku not in skus for sku in found))
    return list(dict.fromkeys(sku for sku in found if sku in skus))


def tier_prices(data: Data, making: Making) -> list[Document]:
    """What one piece costs from so many pieces on."""
    currency = data.get("price", {}).get("currency", "")
    return [
        {"min_quantity": tier["min_qty"], "price": money(tier["amount"], currency, making)}
        for tier in data.get("tier_prices", [])
    ]


def reviews(data: Data, making: Making) -> list[Document]:
    """Approved; ratings on our scale."""
    making.note(Note.REVIEW_DATE, sum("date" in review for review in data.get("reviews", [])))
    return [
        {
            "author": one_line(review.get("author", "")),
            "rating": _rating(review["rating"], review.get("rating_max", BEST)),
            "title": one_line(review.get("title", "")),
            "body": plain_text(review.get("body", "")),
            "state": "approved",
        }
        for review in data.get("reviews", [])
    ]


def images(data: Data, making: Making) -> list[Document]:
    """Those of the product, then those of its variants; each once, and only those whose files are there."""
    found: dict[str, Document] = {}
    for given in _given_images(data):
        path = given.get("path", "")
        if not path or not making.has_picture(path):
            making.note(Note.NO_PICTURE)
        elif path in found:
            making.note(Note.SAME_PICTURE)
        else:
            alts = making.lines(given.get("alts") or {FALLBACK_LANGUAGE: given.get("alt", "")})
            found[path] = {"upload": path, "position": len(found), **({"alt": alts} if alts else {})}
    return list(found.values())


def _given_images(data: Data) -> Iterator[Data]:
    yield from data.get("images", [])
    for variant in data.get("variants", []):
        yield from variant.get("images", [])
        if path := variant.get("image"):
            yield {"path": path}


def _category(given: Data, making: Making) -> Document:
    path = given.get("path_en", [])
    code = str(given.get("id") or given.get("code") or "/".join(path))
    names = given.get("names") or ({FALLBACK_LANGUAGE: path[-1]} if path else {})
    parent = {"parent": code_of("/".join(path[:-1]))} if len(path) > 1 else {}
    return {"code": code_of(code), "translations": making.named(names, code), **parent}


def _rating(rating: Any, best: Any) -> int:
    scaled = Decimal(rating) / Decimal(best) * BEST
    return max(1, min(BEST, int(scaled.quantize(Decimal(1), ROUND_HALF_UP))))
