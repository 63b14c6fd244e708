"""The quirks of real invoices, each with a name and a decision; all of them are counted."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import groupby

from shop.invoices.invoices import Invoice, Kind
from shop.invoices.reading import Row

EXTREME_QUANTITY = 10_000


class Quirk(Enum):
    """What was met, and what was done about it."""

    DUPLICATE = "exact duplicate lines: kept, they may be real repeats"
    INTERLEAVED = "invoices whose lines do not stand together: put together by number"
    TWO_TIMES = "invoices with more than one time: the first counts"
    LETTER_CASE = "stock codes in several spellings (letter case, blanks): one product in capitals"
    DESCRIPTIONS = "products with several descriptions: the most frequent one of sales wins"
    NO_CUSTOMER = "invoices without a customer: the guest account buys"
    EXTREME = f"lines of {EXTREME_QUANTITY:,} pieces or more: played as they are"
    SUB_PENNY = "lines sold at a fraction of a penny: played exactly, the line's total is rounded"
    FREE = "lines sold for nothing to a customer: played at 0.00"
    STOCK_COUNT = "lines at price 0 without a customer: a stock count, not a sale; left out"
    WRITE_OFF = "negative lines on ordinary invoices: stock write-offs, not sales; left out"
    NO_PIECES = "lines of 0 pieces: left out"
    NEGATIVE_PRICE = "lines with a negative price: left out"
    POSITIVE_CANCELLATION = "positive lines on cancellations: left out"
    BAD_DEBT = "bad-debt adjustments (A…): left out"
    NOTHING_SOLD = "invoices of which nothing is left: no order"
    POSTAGE = "postage and carriage (POST, DOT, C2, C3): left out"
    MANUAL = "manual entries (M): left out"
    DISCOUNT = "discounts (D): left out"
    SAMPLE = "samples (S): left out"
    DEBT = "bad debt (B): left out"
    BANK = "bank charges (BANK CHARGES): left out"
    MARKETPLACE = "marketplace fees (AMAZONFEE): left out"
    CHARITY = "charity commissions (CRUK): left out"
    ADJUSTMENT = "adjustments (ADJUST, ADJUST2): left out"
    TEST = "tests (TEST…): left out"
    VOUCHER = "gift vouchers (GIFT…): money, not goods; left out"


_NON_PRODUCTS = {
    **dict.fromkeys(("POST", "DOT", "C2", "C3"), Quirk.POSTAGE),
    "M": Quirk.MANUAL,
    "D": Quirk.DISCOUNT,
    "S": Quirk.SAMPLE,
    "B": Quirk.DEBT,
    "BANK CHARGES": Quirk.BANK,
    "AMAZONFEE": Quirk.MARKETPLACE,
    "CRUK": Quirk.CHARITY,
    "ADJUST": Quirk.ADJUSTMENT,
    "ADJUST2": Quirk.ADJUSTMENT,
}
_NON_PRODUCT_PATTERNS = {
    re.compile(r"TEST\d+"): Quirk.TEST,
    re.compile(r"GIFT(_\d+)*"): Quirk.VOUCHER,
}


def non_product(sku: str) -> Quirk | None:
    """What a code stands for that is no article; None for articles."""
    if sku in _NON_PRODUCTS:
        return _NON_PRODUCTS[sku]
    return next((quirk for pattern, quirk in _NON_PRODUCT_PATTERNS.items() if pattern.fullmatch(sku)), None)


def why_left_out(row: Row, kind: Kind) -> Quirk | None:
    """Why a line is not played; None when it is."""
    if kind is Kind.BAD_DEBT:
        return Quirk.BAD_DEBT
    if quirk := non_product(row.sku):
        return quirk
    if row.unit_price < 0:
        return Quirk.NEGATIVE_PRICE
    if row.quantity == 0:
        return Quirk.NO_PIECES
    if kind is Kind.CANCELLATION:
        return Quirk.POSITIVE_CANCELLATION if row.quantity > 0 else None
    if row.quantity < 0:
        return Quirk.WRITE_OFF
    return Quirk.STOCK_COUNT if row.unit_price == 0 and not row.customer_id else None


def quirks_of_sale(row: Row) -> list[Quirk]:
    """What is odd about a line that is sold."""
    found = {
        Quirk.EXTREME: row.quantity >= EXTREME_QUANTITY,
        Quirk.SUB_PENNY: bool((row.unit_price * 100) % 1),
        Quirk.FREE: row.unit_price == 0,
    }
    return [quirk for quirk, is_so in found.items() if is_so]


def quirks_of_file(rows: Sequence[Row], invoices: Sequence[Invoice]) -> Counter[Quirk]:
    """What is odd about how the file is written."""
    return Counter(
        {
            Quirk.DUPLICATE: len(rows) - len({_without_line(row) for row in rows}),
            Quirk.INTERLEAVED: _interleaved_count(rows),
            Quirk.TWO_TIMES: sum(len({row.at for row in invoice.rows}) > 1 for invoice in invoices),
            Quirk.LETTER_CASE: _several(rows, "stock_code"),
            Quirk.DESCRIPTIONS: _several([row for row in rows if row.description], "description"),
        }
    )


def _without_line(row: Row) -> tuple[object, ...]:
    return (
        row.invoice_no, row.stock_code, row.description, row.quantity, row.at, row.unit_price, row.customer_id,
        row.country,
    )  # fmt: skip


def _interleaved_count(rows: Iterable[Row]) -> int:
    runs = Counter(number for number, _run in groupby(row.invoice_no for row in rows))
    return sum(count > 1 for count in runs.values())


def _several(rows: Iterable[Row], field: str) -> int:
    values: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if not non_product(row.sku):
            values[row.sku].add(getattr(row, field))
    return sum(len(found) > 1 for found in values.values())
