"""What the books must say, computed straight from the lines of the file.

It shares nothing with the plan, the matching or the orders but the rows as they were read and the list of codes that
are no articles, so that a mistake over there shows up as a difference. Slow and plain on purpose.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from shop.invoices.quirks import non_product
from shop.invoices.reading import Row

PENNY = Decimal("0.01")


@dataclass(slots=True)
class _SoldLine:
    row: Row
    matched: int = 0
    cancelled: int = 0

    @property
    def left(self) -> int:
        return self.row.quantity - self.matched


@dataclass(slots=True)
class Books:
    """Changes: of the stock by SKU, of the points by customer number, of the sales, and the events by name."""

    stock: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    sales: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)


def expected(rows: Iterable[Row], not_sold: Set[str], not_cancelled: Set[tuple[str, str]]) -> Books:
    """The books of a file, but for the invoices that the shop did not sell, and the (cancelling invoice, invoice)
    pairs that it did not cancel."""
    sold: defaultdict[str, list[_SoldLine]] = defaultdict(list)
    given_back: Counter[tuple[str, str]] = Counter()
    for row in _by_date(rows):
        if _is_sale(row) and row.invoice_no not in not_sold:
            sold[row.customer_id].append(_SoldLine(row))
        elif _is_return(row):
            given_back.update(_give_back(row, sold[row.customer_id], not_cancelled))
    books = _books([line for lines in sold.values() for line in lines])
    done = {pair: amount for pair, amount in given_back.items() if pair not in not_cancelled}
    books.events["order.cancelled"] = len(done)
    if refunded_count := sum(amount > 0 for amount in done.values()):
        books.events["order.refunded"] = refunded_count
    return books


def _by_date(rows: Iterable[Row]) -> list[Row]:
    """An invoice stands where its first line stands."""
    rows = sorted(rows, key=lambda row: row.line)
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.invoice_no, row)
    return sorted(rows, key=lambda row: (first[row.invoice_no].at, first[row.invoice_no].line, row.line))


def _is_sale(row: Row) -> bool:
    worth = row.unit_price > 0 or (row.unit_price == 0 and row.customer_id != "")
    return row.invoice_no.isdigit() and row.quantity > 0 and worth and not non_product(row.sku)


def _is_return(row: Row) -> bool:
    named = row.invoice_no.startswith("C") and row.customer_id != ""
    return named and row.quantity < 0 and row.unit_price >= 0 and not non_product(row.sku)


def _give_back(
    row: Row, bought: list[_SoldLine], not_cancelled: Set[tuple[str, str]]
) -> dict[tuple[str, str], Decimal]:
    """The same article at the same price, the latest first, all of it or nothing; returns what gave how much money."""
    fitting = [line for line in bought if line.row.sku == row.sku and line.row.unit_price == row.unit_price]
    missing = -row.quantity
    if missing > sum(line.left for line in fitting):
        return {}
    amounts: Counter[tuple[str, str]] = Counter()
    for line in reversed(fitting):
        taken = min(line.left, missing)
        if taken:
            pair = (row.invoice_no, line.row.invoice_no)
            before = _amount(row.unit_price, line.cancelled)
            missing -= taken
            line.matched += taken
            line.cancelled += 0 if pair in not_cancelled else taken
            amounts[pair] += _amount(row.unit_price, line.cancelled) - before
    return amounts


def _books(lines: Iterable[_SoldLine]) -> Books:
    books = Books()
    by_invoice: defaultdict[str, list[_SoldLine]] = defaultdict(list)
    for line in lines:
        by_invoice[line.row.invoice_no].append(line)
        books.stock[line.row.sku] -= line.row.quantity - line.cancelled
    for order in by_invoice.values():
        _enter(order, books)
    return books


def _enter(order: list[_SoldLine], books: Books) -> None:
    gross = sum((_amount(line.row.unit_price, line.row.quantity) for line in order), Decimal(0))
    cancelled = sum((_amount(line.row.unit_price, line.cancelled) for line in order), Decimal(0))
    books.points[order[0].row.customer_id] += int((gross - cancelled).to_integral_value(ROUND_FLOOR))
    books.sales["order_count"] += 1
    books.sales["unit_count"] += sum(line.row.quantity for line in order)
    books.sales["gross"] += gross
    books.sales["cancelled"] += cancelled
    books.sales["cancelled_unit_count"] += sum(line.cancelled for line in order)
    books.events.update(["order.placed", "order.paid"])


def _amount(price: Decimal, quantity: int) -> Decimal:
    return (price * quantity).quantize(PENNY, ROUND_HALF_UP)
