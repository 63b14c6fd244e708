"""Invoices: the lines of a file, put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from shop.invoices.reading import Row


class Kind(Enum):
    """What an invoice is, by the letter in front of its number."""

    SALE = "sale"
    CANCELLATION = "cancellation"
    BAD_DEBT = "bad debt"


_KINDS = {"C": Kind.CANCELLATION, "A": Kind.BAD_DEBT}


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice with its rows in the order of the file."""

    number: str
    rows: tuple[Row, ...]

    @property
    def kind(self) -> Kind:
        """Sale, cancellation or bad debt."""
        return _KINDS.get(self.number[0], Kind.SALE)

    @property
    def at(self) -> datetime:
        """When; a few invoices bear two times a minute apart, and the first one counts."""
        return self.rows[0].at

    @property
    def customer_id(self) -> str:
        """Who; empty when unknown."""
        return self.rows[0].customer_id


def group(rows: Iterable[Row]) -> list[Invoice]:
    """Invoices in date order, and those of one minute in file order.

    By number, not by run: the rows of one invoice need not stand together.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.invoice_no, []).append(row)
    return sorted((Invoice(number, tuple(own)) for number, own in found.items()), key=lambda invoice: invoice.at)
