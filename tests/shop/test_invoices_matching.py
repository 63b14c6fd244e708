"""A returned article is found in the customer's earlier orders, or it is said why not."""

from collections import Counter
from decimal import Decimal

import pytest

from shop.invoices.matching import Match, Sold, Unmatched
from shop.invoices.plan import Line, Return, Sale


def sale(invoice_no: str, *lines: Line, customer: str = "501") -> Sale:
    return Sale(invoice_no, customer, lines)


def give_back(sold: Sold, *lines: Line, customer: str = "501") -> Match:
    return sold.take_back(Return("C1", customer, lines))


def mugs(quantity: int, price: str = "2.50") -> Line:
    return Line("MUG", quantity, Decimal(price))


@pytest.fixture
def sold() -> Sold:
    sold = Sold()
    sold.add(sale("1", mugs(5), Line("CUP", 1, Decimal(1))))
    sold.add(sale("2", Line("CUP", 1, Decimal(1)), mugs(3)))
    return sold


def test_the_latest_order_gives_first_and_the_rest_comes_from_earlier_ones(sold: Sold) -> None:
    assert give_back(sold, mugs(4)).parts == {"2": Counter({2: 3}), "1": Counter({1: 1})}
    assert give_back(sold, mugs(4)).parts == {"1": Counter({1: 4})}
    assert give_back(sold, mugs(1)).unmatched == {Unmatched.NOT_ENOUGH: 1}


def test_two_lines_of_one_cancellation_share_what_is_left(sold: Sold) -> None:
    match = give_back(sold, mugs(2), mugs(1), mugs(6))
    assert match.parts == {"2": Counter({2: 3})}
    assert match.unmatched == {Unmatched.NOT_ENOUGH: 1}


@pytest.mark.parametrize(
    ("line", "customer", "why"),
    [
        (mugs(1), "", Unmatched.NO_CUSTOMER),
        (mugs(1), "502", Unmatched.NEVER_BOUGHT),
        (Line("JUG", 1, Decimal(1)), "501", Unmatched.NEVER_BOUGHT),
        (mugs(1, "2.55"), "501", Unmatched.OTHER_PRICE),
        (mugs(9), "501", Unmatched.NOT_ENOUGH),
    ],
)
def test_a_line_without_an_order_says_why(sold: Sold, line: Line, customer: str, why: Unmatched) -> None:
    sold.add(sale("3", mugs(1), customer=""))
    match = give_back(sold, line, customer=customer)
    assert match.unmatched == {why: 1}
    assert not match.parts


def test_lines_of_one_article_at_two_prices_are_told_apart() -> None:
    sold = Sold()
    sold.add(sale("1", mugs(2, "2.50"), mugs(2, "2.10")))
    assert give_back(sold, mugs(2, "2.50")).parts == {"1": Counter({1: 2})}
