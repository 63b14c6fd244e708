"""Small made-up catalogues, in the format of the real ones."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from PIL import Image

from shop.imports.converting import Choices, Making, convert
from shop.imports.converting.keys import keys_of

CHOICES = Choices(("en", "ar"), "GBP")


def entry(**values: Any) -> dict[str, Any]:
    """One product of a file; what is not given is a blue mug."""
    return {
        "source_id": "test:1",
        "sku": "MUG-1",
        "names": {"en": "Blue mug", "ar": "كوب أزرق", "fr": "Tasse bleue"},
        "price": {"amount": 4.5, "currency": "GBP"},
        **values,
    }


def desk(**values: Any) -> dict[str, Any]:
    """A product with two options, of whose variants the source lists one."""
    legs = {"code": "legs", "create_variant": "always", "names": {"en": "Legs", "ar": "أرجل"}, "values": [
        {"code": "legs_steel", "names": {"en": "Steel"}},
        {"code": "legs_oak", "names": {"en": "Oak"}, "price_extra": 50.4},
    ]}  # fmt: skip
    colour = {"code": "color", "create_variant": "always", "names": {"en": "Colour"}, "values": [
        {"code": "white", "names": {"en": "White"}},
        {"code": "black", "names": {"en": "Black"}},
    ]}  # fmt: skip
    listed = {"sku": "DESK-SW", "option_values": {"legs": "legs_steel", "color": "white"}, "stock": 7}
    return entry(source_id="test:2", sku="DESK", names={"en": "Desk"}, price={"amount": 750}, options=[legs, colour],
                 variants=[listed]) | values  # fmt: skip


def write_json(path: Path, *products: dict[str, Any]) -> Path:
    """A file of these products."""
    path.write_text(json.dumps({"meta": {"source": "test"}, "products": products}), encoding="utf-8")
    return path


def making_of(*products: dict[str, Any], **options: Any) -> Making:
    """What converting these needs."""
    return Making(options.pop("choices", CHOICES), keys_of(products), **options)


def document_of(product: dict[str, Any], *others: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The document that a product becomes, in a file with others."""
    return convert(product, making_of(product, *others, **options))


def picture(colour: str = "navy", kind: str = "PNG") -> bytes:
    """A file with a small picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(content, kind)
    return content.getvalue()


def write_tar(path: Path, **files: bytes) -> Path:
    """An archive; names with `__` for a slash and `_` before the suffix for a dot, as keywords must have it."""
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            stem, _underscore, suffix = name.replace("__", "/").rpartition("_")
            member = tarfile.TarInfo(f"{stem}.{suffix}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
