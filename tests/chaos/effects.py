"""What the stall does with a sale; Backroom's subscribers and the rival's tasks share it."""

import fcntl
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from django.conf import settings
from django.db import connection

#: Of twenty sales: one of which `moody` wants to hear no more, one where it fails once, one that comes too early, and
#: one that is carried home, by a saga.
DOOMED, SHAKY, EARLY, CARRIED = 7, 3, 11, 13
ARTICLES, ACCOUNTS = 20, 8

TABLES = """
CREATE TABLE chaos_lap (lap int, count int, rate float, bulk int, trouble text);
CREATE TABLE chaos_article (lap int, article int, turn int, stock int, PRIMARY KEY (lap, article));
CREATE TABLE chaos_account (lap int, account int, balance int, PRIMARY KEY (lap, account));
CREATE TABLE chaos_sale (lap int, number int, article int, turn int, quantity int, payer int, payee int, amount int,
                         trouble text, is_booked bool DEFAULT false, sold_at timestamptz DEFAULT clock_timestamp());
CREATE TABLE chaos_ledger (id bigserial, lap int, subscriber text, number int, article int, turn int, note text,
                           written_at timestamptz DEFAULT clock_timestamp());
CREATE TABLE chaos_till (lap int, amount int);
CREATE INDEX ON chaos_sale (lap, number);
CREATE INDEX ON chaos_ledger (lap, subscriber, number);
"""


class Sale(NamedTuple):
    """A business row, and the payload of what tells of it."""

    lap: int
    number: int
    article: int
    turn: int
    quantity: int
    payer: int
    payee: int
    amount: int
    trouble: str


class GivenUp(Exception):
    """No more tries."""


class Torn(Exception):
    """Try again."""


def make(lap: int, number: int, trouble: str, articles: int = ARTICLES) -> Sale:
    """Sell something: the article's row counts its sales, and whoever counts next waits for this transaction."""
    article = 1 + number // 2 % articles  # both clerks sell every article
    (turn,) = execute(
        "UPDATE chaos_article SET turn = turn + 1 WHERE lap = %s AND article = %s RETURNING turn", lap, article
    )
    payer, payee = 1 + number % ACCOUNTS, 1 + (number * 3 + 1) % ACCOUNTS
    sale = Sale(lap, number, article, turn, 1 + number % 3, payer, payee, 1 + number % 5, trouble)
    execute("INSERT INTO chaos_sale VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", *sale)
    return sale


def count(sale: Sale) -> None:
    """A row."""
    write("stall.count", sale)


def line_up(sale: Sale) -> None:
    """A row, whose place among the others counts."""
    write("stall.line_up", sale)


def call(sale: Sale, key: str) -> None:
    """One whole line, however many write at once."""
    with (settings.CHAOS_DIRECTORY / "calls").open("a") as calls:
        fcntl.flock(calls, fcntl.LOCK_EX)
        calls.write(f"{sale.lap} {sale.number} {key}\n")


def reserve(sale: Sale) -> None:
    """Takes from the stock what there is, and never more."""
    enough = execute(
        "UPDATE chaos_article SET stock = stock - %s WHERE lap = %s AND article = %s AND stock >= %s RETURNING stock",
        *(sale.quantity, sale.lap, sale.article, sale.quantity),
    )
    write("stall.reserve", sale, "reserved" if enough else "refused")


def pay(sale: Sale) -> None:
    """Locks the accounts in one order, unless trouble is wanted."""
    moves = [(sale.payer, -sale.amount), (sale.payee, sale.amount)]
    for account, amount in moves if sale.trouble == "deadlock" else sorted(moves):
        execute(
            "UPDATE chaos_account SET balance = balance + %s WHERE lap = %s AND account = %s RETURNING balance",
            *(amount, sale.lap, account),
        )
        if sale.trouble == "deadlock":
            execute("SELECT pg_sleep(0.01)")
    write("stall.pay", sale)


def moody(sale: Sale, attempt: int) -> None:
    """Raises Torn for some sales at first, and then GivenUp for some of them."""
    name = f"sale {sale.lap}/{sale.number}"
    if sale.number % 20 in (SHAKY, DOOMED) and attempt == 1:
        raise Torn(f"{name} failed")
    if sale.number % 20 == DOOMED:
        raise GivenUp(f"{name} is given up")
    write("stall.moody", sale)


def comes_too_early(sale: Sale) -> bool:
    """Once for one sale of twenty. The mark stands outside the transaction, which is about to be rolled back."""
    if sale.number % 20 != EARLY:
        return False
    mark = settings.CHAOS_DIRECTORY / "early" / f"{sale.lap}-{sale.number}"
    with suppress(FileExistsError):
        mark.touch(exist_ok=False)
        return True
    return False


def write(subscriber: str, sale: Sale, note: str = "") -> None:
    """A row of the ledger. It has no unique keys, so that it does not lean on what it checks."""
    execute(
        "INSERT INTO chaos_ledger (lap, subscriber, number, article, turn, note) VALUES (%s, %s, %s, %s, %s, %s)",
        *(sale.lap, subscriber, sale.number, sale.article, sale.turn, note),
    )


def execute(statement: str, *values: object) -> Sequence[object]:
    """The first row of the answer, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return (cursor.fetchone() or ()) if cursor.description else ()
