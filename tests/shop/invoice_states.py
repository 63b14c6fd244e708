"""What every order of a file must be after its first so many invoices, computed straight from the lines. It shares
nothing with plan, matching, orders or events but the rows as they were read and the codes that are no articles."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from shop.invoices.quirks import non_product
from shop.invoices.reading import Row

PENNY = Decimal("0.01")


@dataclass
class BoughtLine:
    """A line of a sale, and how much of it went back."""

    sku: str
    price: Decimal
    quantity: int
    returned: int = 0


@dataclass
class Bought:
    """An invoice of a sale, line by line."""

    customer_id: str
    lines: list[BoughtLine] = field(default_factory=list)

    @property
    def state(self) -> dict[str, object]:
        """As the fold of the order's stream must say it."""
        pieces, returned = (sum(one) for one in zip(*[(one.quantity, one.returned) for one in self.lines], strict=True))
        return {
            "status": "cancelled" if pieces == returned else "paid",
            "line_count": len(self.lines),
            "unit_count": pieces,
            "cancelled_unit_count": returned,
            "total": sum(worth(one.price, one.quantity) for one in self.lines),
            "cancelled_total": sum(worth(one.price, one.returned) for one in self.lines),
            "refunded_total": sum(worth(one.price, one.returned) for one in self.lines),
        }


def worth(price: Decimal, quantity: int) -> Decimal:
    return (price * quantity).quantize(PENNY, ROUND_HALF_UP)


def states(rows: Iterable[Row], played: Collection[str]) -> dict[str, dict[str, object]]:
    """The state of each sold invoice, by its number, when of all invoices only those were played."""
    by_invoice: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.line):
        if not non_product(row.sku):
            by_invoice[row.invoice_no].append(row)
    bought: dict[str, Bought] = {}
    for number in played:  # in the order in which they were
        if number.startswith("C"):
            give_back(by_invoice[number], bought)
        else:
            bought[number] = buy(by_invoice[number])
    return {number: one.state for number, one in bought.items()}


def buy(rows: list[Row]) -> Bought:
    """Pieces at a price, or for nothing when the customer is known."""
    sold = [
        row for row in rows if row.quantity > 0 and (row.unit_price > 0 or (row.unit_price == 0 and row.customer_id))
    ]
    return Bought(rows[0].customer_id, [BoughtLine(row.sku, row.unit_price, row.quantity) for row in sold])


def give_back(rows: list[Row], bought: dict[str, Bought]) -> None:
    """Each line from what the same customer had bought at that price, the latest first; all of it or nothing."""
    for row in rows:
        own = [one for one in bought.values() if one.customer_id == row.customer_id != ""]
        fitting = [line for one in own for line in one.lines if (line.sku, line.price) == (row.sku, row.unit_price)]
        missing = -row.quantity
        if 0 < missing <= sum(line.quantity - line.returned for line in fitting):
            for line in reversed(fitting):
                taken = min(missing, line.quantity - line.returned)
                line.returned, missing = line.returned + taken, missing - taken
