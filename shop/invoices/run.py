"""One run: from a plan to what became of it. What a command does, but for words and exit codes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from events.api import Stretch, acting_as, last_position, wait_until_settled
from shop.invoices.balance import changes, differences
from shop.invoices.bars import bar
from shop.invoices.clerk import clerk
from shop.invoices.expected import Books, expected
from shop.invoices.ledger import read_books
from shop.invoices.pace import paced
from shop.invoices.plan import Plan
from shop.invoices.playing import Played, play
from shop.invoices.preparing import Prepared, prepare, refuse_second_time
from shop.invoices.reading import Row
from shop.invoices.till import Till

#: Events that cause events: a saga is a long chain of them. And an end, although others are shopping.
MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """Where, how fast, how patient, and whether once more."""

    url: str
    rate: float | None = None
    wait_seconds: float = 60.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What became of it."""

    prepared: Prepared
    preparation: Stretch
    orders: Stretch
    played: Played
    books: Books
    differences: list[str]


def run(rows: Sequence[Row], plan: Plan, choices: Choices) -> Run:
    """Prepare, play, wait, check. Raises AlreadyPlayed, ServerAway, ServerElsewhere, AccountTaken, and then nothing was
    changed; only a server that is a shop, but not ours, is found out by an account that is switched off again."""
    if not choices.again:
        refuse_second_time()
    with Till(choices.url) as till:
        till.check_shop()
    with clerk() as staff, Till(choices.url, staff.token) as till:
        till.check_token()
        begin = last_position()
        prepared = _prepare(plan)
        preparation = _settled(begin, choices)
        before = read_books(plan, staff.actor)
        played = _play(plan, till, choices.rate)
        orders = _settled(preparation.upto, choices)
        found = changes(before, read_books(plan, staff.actor))
        wanted = _wanted(rows, plan, played)
        return Run(prepared, preparation, orders, played, wanted, differences(found, wanted))


def _prepare(plan: Plan) -> Prepared:
    with acting_as("system:replay_orders"):
        return prepare(plan)


def _play(plan: Plan, till: Till, rate: float | None) -> Played:
    played = Played()
    started = time.monotonic()
    with bar("Playing invoices") as show:
        play(paced(plan.steps, rate), till, played, lambda: show(played.step_count, len(plan.steps)))
    played.seconds = time.monotonic() - started
    return played


def _settled(after: int, choices: Choices) -> Stretch:
    """Wait for the deliveries of all events since then, and of those that subscribers emitted meanwhile."""
    stretch = Stretch(after, last_position())
    with bar("Waiting for deliveries") as show:
        for _round in range(MOST_ROUNDS):
            is_settled = wait_until_settled(stretch, choices.wait_seconds, show)
            if not is_settled or last_position() == stretch.upto:
                break
            stretch = Stretch(after, last_position())
    return stretch


def _wanted(rows: Sequence[Row], plan: Plan, played: Played) -> Books:
    """Of the invoices whose turn came."""
    numbers = {step.invoice_no for step in plan.steps[: played.step_count]}
    return expected((row for row in rows if row.invoice_no in numbers), played.not_sold, played.not_cancelled)
