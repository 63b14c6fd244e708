"""Playing a plan through the till, step by step in date order."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from shop.invoices.matching import Match, Sold, Unmatched
from shop.invoices.plan import Return, Sale
from shop.invoices.preparing import email_of, name_of
from shop.invoices.till import Answer, Till, Verdict

CARD = "4242424242424242"


@dataclass(slots=True)
class Played:
    """What became of the steps.

    `orders` has the order number of each invoice that was sold; `not_sold` and `not_cancelled` have what the shop did
    not do, the latter as (cancelling invoice, invoice), and `refused` and `unknown` why.
    """

    orders: dict[str, str] = field(default_factory=dict)
    cancellation_count: int = 0
    not_sold: set[str] = field(default_factory=set)
    not_cancelled: set[tuple[str, str]] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[Unmatched] = field(default_factory=Counter)
    returned_line_count: int = 0
    checkout_seconds: list[float] = field(default_factory=list)
    cancel_seconds: list[float] = field(default_factory=list)
    step_count: int = 0
    seconds: float = 0.0
    broken_off: str = ""


def play(steps: Iterable[Sale | Return], till: Till, played: Played, advance: Callable[[], None]) -> None:
    """Play every step, into `played`; stop when the server has gone away."""
    sold = Sold()
    for step in steps:
        if isinstance(step, Sale):
            _sell(step, till, sold, played)
        else:
            _take_back(step, till, sold, played)
        played.step_count += 1
        advance()
        if played.broken_off:
            break


def _sell(sale: Sale, till: Till, sold: Sold, played: Played) -> None:
    answer = till.check_out(_document(sale))
    played.checkout_seconds.append(answer.seconds)
    if _is_done(answer, played, "order"):
        played.orders[sale.invoice_no] = answer.body["number"]
        sold.add(sale)
    else:
        played.not_sold.add(sale.invoice_no)


def _take_back(returned: Return, till: Till, sold: Sold, played: Played) -> None:
    match = sold.take_back(returned)
    played.unmatched.update(match.unmatched)
    played.returned_line_count += len(returned.lines)
    _cancel(returned, match, till, played)


def _cancel(returned: Return, match: Match, till: Till, played: Played) -> None:
    for invoice_no, quantities in match.parts.items():
        answer = till.cancel(played.orders[invoice_no], quantities, f"Invoice {returned.invoice_no}")
        played.cancel_seconds.append(answer.seconds)
        if _is_done(answer, played, "cancellation"):
            played.cancellation_count += 1
        else:
            played.not_cancelled.add((returned.invoice_no, invoice_no))


def _is_done(answer: Answer, played: Played, what: str) -> bool:
    if answer.verdict is Verdict.REFUSED:
        played.refused[f"{what}: {answer.reason}"] += 1
    elif answer.verdict is Verdict.UNKNOWN:
        played.unknown[f"{what}: {answer.reason}"] += 1
    elif answer.verdict is Verdict.NOT_SENT:
        played.broken_off = answer.reason
    return answer.verdict is Verdict.ACCEPTED


def _document(sale: Sale) -> dict[str, Any]:
    return {
        "customer": {"email": email_of(sale.customer_id), "name": name_of(sale.customer_id), "language": "en"},
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": str(line.unit_price)} for line in sale.lines
        ],
        "card": {"number": CARD},
    }
