"""What is to be played: sales and cancellations, freed from what is neither."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from shop.invoices.invoices import Invoice, Kind
from shop.invoices.quirks import Quirk, quirks_of_file, quirks_of_sale, why_left_out
from shop.invoices.reading import Row


@dataclass(frozen=True, slots=True)
class Line:
    """So many pieces (always positive) of an article at a price."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """An order to place; `customer_id` is empty for the guest."""

    invoice_no: str
    customer_id: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """A cancellation: lines that some earlier orders of the customer had."""

    invoice_no: str
    customer_id: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Plan:
    """Everything to play, in date order, and what was met on the way."""

    steps: list[Sale | Return] = field(default_factory=list)
    quirks: Counter[Quirk] = field(default_factory=Counter)
    sold_rows: list[Row] = field(default_factory=list)

    @property
    def sales(self) -> list[Sale]:
        """The orders among the steps."""
        return [step for step in self.steps if isinstance(step, Sale)]

    @property
    def returns(self) -> list[Return]:
        """The cancellations among the steps."""
        return [step for step in self.steps if isinstance(step, Return)]


def plan(invoices: Sequence[Invoice]) -> Plan:
    """Decide about every line."""
    rows = sorted((row for invoice in invoices for row in invoice.rows), key=lambda row: row.line)
    made = Plan(quirks=quirks_of_file(rows, invoices))
    for invoice in invoices:
        _add(made, invoice)
    return made


def _add(made: Plan, invoice: Invoice) -> None:
    rows = [row for row in invoice.rows if not _leave_out(made, row, invoice.kind)]
    if not rows:
        made.quirks[Quirk.NOTHING_SOLD] += 1
        return
    lines = tuple(Line(row.sku, abs(row.quantity), row.unit_price) for row in rows)
    if invoice.kind is Kind.CANCELLATION:
        made.steps.append(Return(invoice.number, invoice.customer_id, lines))
    else:
        made.steps.append(Sale(invoice.number, invoice.customer_id, lines))
        made.sold_rows += rows
        made.quirks[Quirk.NO_CUSTOMER] += not invoice.customer_id
        made.quirks.update(quirk for row in rows for quirk in quirks_of_sale(row))


def _leave_out(made: Plan, row: Row, kind: Kind) -> bool:
    quirk = why_left_out(row, kind)
    if quirk:
        made.quirks[quirk] += 1
    return quirk is not None
