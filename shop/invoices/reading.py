"""Reading a file of invoice lines: all of it, strictly, before anything is imported."""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO

from shop.catalog.models import sku_validator
from shop.invoices.errors import BadFile
from shop.orders.documents import MAX_QUANTITY

#: Our name of each column, and the names it has in other copies of the data, without case, blanks and underscores.
COLUMNS = {
    "invoice_no": ("invoiceno", "invoice"),
    "stock_code": ("stockcode",),
    "description": ("description",),
    "quantity": ("quantity",),
    "invoice_date": ("invoicedate",),
    "unit_price": ("unitprice", "price"),
    "customer_id": ("customerid",),
    "country": ("country",),
}
MAX_PROBLEMS = 10
MAX_TEXT = 255

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INVOICE_NO = re.compile(r"[CA]?[0-9]{1,12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?")
_CUSTOMER = re.compile(r"([0-9]{1,12})?(\.0)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an invoice as the file has it; `line` is where, `customer_id` is empty when unknown."""

    line: int
    invoice_no: str
    stock_code: str
    description: str
    quantity: int
    at: datetime
    unit_price: Decimal
    customer_id: str
    country: str

    @property
    def sku(self) -> str:
        """The code without stray blanks and in capitals: 85123A and 85123a are one article under two spellings."""
        return self.stock_code.strip().upper()


class _Wrong(Exception):
    """Something about a line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


def read_rows(path: Path) -> list[Row]:
    """All lines of a CSV file, compressed or not. Raises BadFile, which names up to ten lines that are wrong."""
    try:
        records = _records(_lines(path))
        places, width = _header(records)
        rows, problems = _rows(records, places, width)
        problems += [] if problems else islice(_contradictions(rows), MAX_PROBLEMS)
    except _Wrong as wrong:
        raise BadFile(path, [str(wrong)]) from wrong
    except OSError as error:
        raise BadFile(path, [error.strerror or str(error)]) from error
    if problems or not rows:
        raise BadFile(path, problems or ["line 2: there is a header, but no line after it"])
    return rows


def _lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with _opened(path) as file:
            for number, raw in enumerate(file, 1):
                yield _decoded(number, raw)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _Wrong(number + 1, f"the compressed file is damaged or cut off ({error})") from error


def _opened(path: Path) -> IO[bytes]:
    """By what is in it, not by its name."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else path.open("rb")


def _decoded(number: int, raw: bytes) -> str:
    try:
        return (raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw).decode()
    except UnicodeDecodeError as error:
        raise _Wrong(number, f"not UTF-8 (byte 0x{raw[error.start]:02x} at column {error.start + 1})") from error


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Records with the line that each begins on; blank lines are passed over."""
    reader = csv.reader(lines, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _Wrong(begins, f"wrong quoting, or not CSV at all ({error})") from error
        if fields:
            yield begins, fields


def _header(records: Iterator[tuple[int, list[str]]]) -> tuple[dict[str, int], int]:
    """Where each column is, and how many fields a line has; columns that we do not know are passed over."""
    line, names = next(records, (1, []))
    if not names:
        raise _Wrong(1, "the file is empty")
    plain = [re.sub(r"[\s_]", "", name).lower() for name in names]
    places: dict[str, int] = {}
    for column, known in COLUMNS.items():
        found = [place for place, name in enumerate(plain) if name in known]
        if len(found) != 1:
            raise _Wrong(line, f"the column {column} is {'there twice' if found else 'missing'}; found {names}")
        places[column] = found[0]
    return places, len(names)


def _rows(
    records: Iterable[tuple[int, list[str]]], places: Mapping[str, int], width: int
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    problems: list[str] = []
    for line, fields in records:
        try:
            rows.append(_row(line, fields, places, width))
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            if len(problems) == MAX_PROBLEMS:
                break
    return rows, problems


def _row(line: int, fields: Sequence[str], places: Mapping[str, int], width: int) -> Row:
    if len(fields) != width:
        raise ValueError(f"{len(fields)} fields, but the header has {width}")
    return Row(
        line=line,
        invoice_no=_matching(_INVOICE_NO, fields[places["invoice_no"]], "invoice_no", "digits, with C or A in front"),
        stock_code=_stock_code(fields[places["stock_code"]]),
        description=_text(fields[places["description"]], "description"),
        quantity=_quantity(fields[places["quantity"]]),
        at=_date(fields[places["invoice_date"]]),
        unit_price=_price(fields[places["unit_price"]]),
        customer_id=_matching(_CUSTOMER, fields[places["customer_id"]], "customer_id", "digits").removesuffix(".0"),
        country=_text(fields[places["country"]], "country"),
    )


def _matching(pattern: re.Pattern[str], text: str, column: str, wanted: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{column} is {text[:80]!r}, but should be {wanted}")
    return text


@lru_cache(maxsize=100_000)
def _stock_code(text: str) -> str:
    if len(text) > 64 or not sku_validator.regex.match(text.strip()):
        raise ValueError(f"stock_code is {text[:80]!r}, but should be letters, digits, dots, hyphens and blanks")
    return text


@lru_cache(maxsize=100_000)
def _text(text: str, column: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"{column} has {len(text)} characters, but at most {MAX_TEXT} are allowed")
    if _CONTROL.search(text):
        raise ValueError(f"{column} is {text[:80]!r}, with a line break or control character: is a quote missing?")
    return text.strip()


@lru_cache(maxsize=10_000)
def _quantity(text: str) -> int:
    quantity = int(_matching(_INTEGER, text, "quantity", "a whole number"))
    if abs(quantity) > MAX_QUANTITY:
        raise ValueError(f"quantity is {quantity}, but the shop handles at most {MAX_QUANTITY} pieces a line")
    return quantity


@lru_cache(maxsize=10_000)
def _price(text: str) -> Decimal:
    return Decimal(_matching(_DECIMAL, text, "unit_price", "a number with at most 4 decimals, such as 2.55"))


@lru_cache(maxsize=10_000)
def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(_matching(_DATE, text, "invoice_date", "YYYY-MM-DD HH:MM:SS"))
    except ValueError as error:
        raise ValueError(f"invoice_date is {text[:80]!r}, but should be YYYY-MM-DD HH:MM:SS") from error


def _contradictions(rows: Iterable[Row]) -> Iterator[str]:
    """An invoice has one customer."""
    customers: dict[str, str] = {}
    for row in rows:
        first = customers.setdefault(row.invoice_no, row.customer_id)
        if first != row.customer_id:
            yield (
                f"line {row.line}: invoice {row.invoice_no} is of customer {row.customer_id or 'unknown'} here, "
                f"and of {first or 'unknown'} before"
            )
