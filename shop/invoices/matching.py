"""Which order a returned article came from. The file does not say, so this is a guess, made the same way every time.

A line is matched when the same customer bought the same article at the same price in earlier orders, with enough
pieces left in all of them together; the latest orders give first. A line is matched whole or not at all.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from shop.invoices.plan import Line, Return, Sale


class Unmatched(Enum):
    """Why a line of a cancellation has no order."""

    NO_CUSTOMER = "no customer: nobody knows whose order it was"
    NEVER_BOUGHT = "the customer has not bought this in the file"
    OTHER_PRICE = "the customer has bought this at other prices only"
    NOT_ENOUGH = "the customer has fewer pieces left at this price"


@dataclass(slots=True)
class _Lot:
    """What is left of one line of an order."""

    invoice_no: str
    position: int
    unit_price: Decimal
    left: int


@dataclass(frozen=True, slots=True)
class Match:
    """Pieces to cancel, by sale's invoice number and line position; and the lines that found no order, by reason."""

    parts: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    unmatched: Counter[Unmatched] = field(default_factory=Counter)


class Sold:
    """What every customer has bought and not yet given back."""

    def __init__(self) -> None:
        self._lots: defaultdict[tuple[str, str], list[_Lot]] = defaultdict(list)

    def add(self, sale: Sale) -> None:
        """An order was placed; its lines stand in the order of the sale."""
        for position, line in enumerate(sale.lines, 1):
            lot = _Lot(sale.invoice_no, position, line.unit_price, line.quantity)
            self._lots[sale.customer_id, line.sku].append(lot)

    def take_back(self, returned: Return) -> Match:
        """Find the orders of a cancellation; what is matched here is not matched again."""
        match = Match()
        for line in returned.lines:
            lots = self._lots[returned.customer_id, line.sku] if returned.customer_id else []
            at_price = [lot for lot in lots if lot.unit_price == line.unit_price]
            if sum(lot.left for lot in at_price) >= line.quantity:
                _take(match, at_price, line.quantity)
            else:
                match.unmatched[_why(returned, line, lots)] += 1
        return match


def _take(match: Match, lots: Sequence[_Lot], quantity: int) -> None:
    for lot in reversed(lots):
        taken = min(lot.left, quantity)
        if taken:
            lot.left -= taken
            quantity -= taken
            match.parts[lot.invoice_no][lot.position] += taken


def _why(returned: Return, line: Line, lots: Sequence[_Lot]) -> Unmatched:
    if not returned.customer_id:
        return Unmatched.NO_CUSTOMER
    if not lots:
        return Unmatched.NEVER_BOUGHT
    if all(lot.unit_price != line.unit_price for lot in lots):
        return Unmatched.OTHER_PRICE
    return Unmatched.NOT_ENOUGH
