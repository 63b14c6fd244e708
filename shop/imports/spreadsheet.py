"""Reading a catalogue in CSV: one row per product, repeated things in numbered columns such as `image:1`.

| column | |
|---|---|
| `sku` | required |
| `slug`, `status`, `stock`, `price`, `currency`, `barcode`, `brand` | one value; status is active, draft or archived |
| `name:en`, `description:ar` | by language |
| `category:1` | a path such as `Furniture > Chairs`, in English |
| `image:1`, `image:1:alt:en` | a file below --images, and its alternative text |
| `attribute:colour`, `attribute:colour:ar` | values with `;` between them |
| `variant:1` | `SKU; colour=red; size=m; price=12.00; stock=5` |
| `tier:10` | the price of one piece from 10 pieces on |
| `material:1`, `material:1:ar` | a name, with its share in percent if known: `Oak; 80` |
| `detail:care:en` | a text under that title |
| `width`, `height`, `depth`, `unit`, `weight`, `weight_unit` | measures |
| `tags`, `related` | tags, and SKUs, with `;` between them |

A row becomes what the JSON files have, and goes on as they do. An empty cell is no value.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop.imports.errors import BadFile, BadRow
from shop.imports.reading import SourceProduct

_SINGLE = ("sku", "slug", "status", "stock", "price", "currency", "barcode", "brand", "tags", "related", "width",
           "height", "depth", "unit", "weight", "weight_unit")  # fmt: skip
_COLUMN = re.compile(
    rf"({'|'.join(_SINGLE)})|(name|description):[\w@-]+|category:\d+|image:\d+(:alt:[\w@-]+)?|attribute:[\w-]+(:[\w@-]+)?"
    r"|variant:\d+|tier:\d+|material:\d+(:[\w@-]+)?|detail:[\w-]+:[\w@-]+"
)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
Cells = Mapping[str, str]
Data = dict[str, Any]


def read_csv(path: Path) -> list[SourceProduct]:
    """All rows. Raises BadFile for a header or a file that cannot be read; a bad row is known by its `problem`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if problems := _problems(header):
                raise BadFile(path, problems)
            found = [_product(reader.line_num, header, row) for row in reader if any(row)]
    except OSError as error:
        raise BadFile(path, [error.strerror or str(error)]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(path, [f"not CSV in UTF-8: {error}"]) from error
    if not found:
        raise BadFile(path, ["there is a header, but no row after it"])
    return found


def _problems(header: Sequence[str]) -> list[str]:
    problems = [f"unknown column {name!r}" for name in header if not _COLUMN.fullmatch(name)]
    problems += [f"column {name!r} is there twice" for name in sorted({one for one in header if header.count(one) > 1})]
    return problems + [f"the column {name!r} is missing" for name in ("sku",) if name not in header]


def _product(line: int, header: Sequence[str], row: Sequence[str]) -> SourceProduct:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
    place = f"line {line} ({cells.get('sku', 'no SKU')[:80]})"
    try:
        if len(row) != len(header):
            raise BadRow(f"{len(row)} fields, but the header has {len(header)}")
        return SourceProduct(place, _data(cells))
    except BadRow as wrong:
        return SourceProduct(place, cells, wrong.detail)


def _data(cells: Cells) -> Data:
    groups: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for column, cell in cells.items():
        kind, _colon, rest = column.partition(":")
        if rest:
            groups[kind][rest] = cell
    if "sku" not in cells:
        raise BadRow("sku: it is empty")
    variants = [_variant(column, cell) for column, cell in groups["variant"].items()]
    return {
        **{name: cells[name] for name in ("sku", "status", "barcode", "brand") if name in cells},
        **({"url_key": cells["slug"]} if "slug" in cells else {}),
        **({"stock": _whole("stock", cells["stock"])} if "stock" in cells else {}),
        **_measures(cells),
        "names": groups["name"],
        "descriptions": groups["description"],
        "price": _price(cells),
        "categories": [{"path_en": _split(cell, ">")} for cell in groups["category"].values()],
        "images": _images(groups["image"]),
        "attributes": _attributes(groups["attribute"]),
        "options": _options(variants),
        "variants": variants,
        "materials": _materials(groups["material"]),
        "details": _details(groups["detail"]),
        "tags": _split(cells.get("tags", "")),
        "related": {"related": _split(cells.get("related", ""))},
        "tier_prices": [
            {"min_qty": int(count), "amount": _number(f"tier:{count}", cell)} for count, cell in groups["tier"].items()
        ],
    }


def _price(cells: Cells) -> Data:
    amount = {"amount": _number("price", cells["price"])} if "price" in cells else {}
    return amount | ({"currency": cells["currency"]} if "currency" in cells else {})


def _measures(cells: Cells) -> Data:
    size: Data = {side: _number(side, cells[side]) for side in ("width", "height", "depth") if side in cells}
    if size and "unit" in cells:
        size["unit"] = cells["unit"]
    weight: Data = {"value": _number("weight", cells["weight"])} if "weight" in cells else {}
    if weight and "weight_unit" in cells:
        weight["unit"] = cells["weight_unit"]
    return {name: value for name, value in (("dimensions", size), ("weight", weight)) if value}


def _images(cells: Cells) -> list[Data]:
    images: dict[str, Data] = {number: {"path": cell} for number, cell in cells.items() if number.isdigit()}
    for column, cell in cells.items():
        number, _alt, language = column.partition(":alt:")
        if language and number in images:
            images[number].setdefault("alts", {})[language] = cell
    return list(images.values())


def _attributes(cells: Cells) -> list[Data]:
    """A value in another language stands in the same place as in English."""
    found: dict[str, dict[str, list[str]]] = {}
    for column, cell in cells.items():
        code, _colon, language = column.partition(":")
        found.setdefault(code, {})[language or "en"] = _split(cell)
    return [
        {
            "code": code,
            "values": [
                {"names": {language: names[place] for language, names in by_language.items() if place < len(names)}}
                for place in range(max(map(len, by_language.values())))
            ],
        }
        for code, by_language in found.items()
    ]


def _variant(column: str, cell: str) -> Data:
    sku, *rest = _split(cell)
    pairs = dict(pair.split("=", 1) for pair in rest if "=" in pair)
    if len(pairs) != len(rest):
        raise BadRow(f"variant:{column}: should be SKU; option=value; price=…; stock=…, but is {cell[:80]!r}")
    pairs = {name.strip(): value.strip() for name, value in pairs.items()}
    variant: Data = {"sku": sku}
    if "price" in pairs:
        variant["price"] = {"amount": _number(f"variant:{column}", pairs.pop("price"))}
    if "stock" in pairs:
        variant["stock"] = _whole(f"variant:{column}", pairs.pop("stock"))
    return variant | {"option_values": pairs}


def _options(variants: Sequence[Data]) -> list[Data]:
    """In the order in which the variants name them."""
    found: dict[str, dict[str, None]] = {}
    for variant in variants:
        for option, value in variant["option_values"].items():
            found.setdefault(option, {})[value] = None
    return [{"code": option, "values": [{"code": value} for value in values]} for option, values in found.items()]


def _materials(cells: Cells) -> list[Data]:
    found: list[Data] = []
    for number, cell in cells.items():
        if number.isdigit():
            name, *share = _split(cell)
            others = {code.partition(":")[2]: text for code, text in cells.items() if code.startswith(f"{number}:")}
            shares = {"share": _number(f"material:{number}", share[0])} if share else {}
            found.append({"code": name, "names": {"en": name, **others}, **shares})
    return found


def _details(cells: Cells) -> list[Data]:
    found: dict[str, dict[str, str]] = {}
    for column, cell in cells.items():
        code, _colon, language = column.partition(":")
        found.setdefault(code, {})[language] = cell
    return [{"code": code, "texts": texts} for code, texts in found.items()]


def _split(cell: str, by: str = ";") -> list[str]:
    return [piece.strip() for piece in cell.split(by) if piece.strip()]


def _number(column: str, cell: str) -> Decimal:
    if not _DECIMAL.fullmatch(cell):
        raise BadRow(f"{column}: {cell[:80]!r} is not a number such as 12.50")
    return Decimal(cell)


def _whole(column: str, cell: str) -> int:
    if not re.fullmatch(r"\d{1,10}", cell, re.ASCII):
        raise BadRow(f"{column}: {cell[:80]!r} is not a whole number")
    return int(cell)
