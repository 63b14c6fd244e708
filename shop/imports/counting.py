"""How much there is of each part: in the file, in the documents made of it, and in the shop."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Data = Mapping[str, Any]

#: Part by part, with the nested ones that somebody would miss.
KINDS = (
    "products", "translations", "categories", "images", "alternative texts", "attributes", "attribute values",
    "options", "option values", "images of option values", "variants", "dimensions", "materials", "details", "tags",
    "related", "tier_prices", "reviews",
)  # fmt: skip


def of_document(document: Data) -> Counter[str]:
    """Of a document as it is submitted, and as the shop shows it: both have the same shape."""
    values = [value for option in document["options"] for value in option["values"]]
    simple = ("translations", "categories", "images", "attributes", "options", "variants", "materials", "details",
              "tags", "related", "tier_prices", "reviews")  # fmt: skip
    return Counter(
        {name: len(document[name]) for name in simple}
        | {
            "products": 1,
            "alternative texts": sum(len(image.get("alt", ())) for image in document["images"]),
            "attribute values": sum(len(attribute["values"]) for attribute in document["attributes"]),
            "option values": len(values),
            "images of option values": sum(bool(value.get("image")) for value in values),
            "dimensions": int(bool(document.get("dimensions"))),
        }
    )


def of_source(data: Data) -> Counter[str]:
    """Of a product as the file has it, whatever the import makes of it; texts in every language."""
    variants = data.get("variants", [])
    images = [*data.get("images", []), *(image for variant in variants for image in variant.get("images", []))]
    images += [{} for variant in variants if variant.get("image")]
    attributes = data.get("attributes", [])
    counts = {
        "products": 1,
        "translations": len(data.get("names", {})),
        "images": len(images),
        "alternative texts": sum(bool(image.get("alt")) + len(image.get("alts", ())) for image in images),
        "attributes": len(attributes),
        "attribute values": sum(len(attribute["values"]) for attribute in attributes),
        "option values": sum(len(option["values"]) for option in data.get("options", [])),
        "dimensions": int(any("dimensions" in one or "weight" in one for one in (data, *variants))),
        "materials": len(data.get("materials", [])) + len(data.get("packaging_materials", [])),
        "details": len(data.get("details", [])) + bool(data.get("ingredients")) + _has_two_texts(data),
        "related": len({sku for group in data.get("related", {}).values() for sku in group}),
    }
    same = ("categories", "options", "variants", "tags", "tier_prices", "reviews")
    return Counter(counts | {name: len(data.get(name, ())) for name in same})


def _has_two_texts(data: Data) -> bool:
    """A short one beside the long one becomes a detail."""
    return bool(data.get("descriptions") and data.get("short_descriptions"))


def together(counts: Iterable[Counter[str]]) -> Counter[str]:
    """The sum."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
