"""What the books must say is computed from the file alone."""

from decimal import Decimal
from pathlib import Path

from shop.invoices.balance import changes, differences
from shop.invoices.expected import Books, expected
from shop.invoices.matching import Sold
from shop.invoices.plan import Return, Sale
from tests.shop.invoice_files import line, plan_of, rows_of

STORY = [
    line(invoice_no="1", quantity=4),
    line(invoice_no="1", stock_code="POST", unit_price="18"),
    line(invoice_no="1", stock_code="10002", quantity=3, unit_price="0.001"),
    line(invoice_no="2", quantity=2, customer_id="502", unit_price="1.99"),
    line(invoice_no="3", quantity=1, customer_id=""),
    line(invoice_no="4", quantity=-9, unit_price="0", customer_id=""),
    line(invoice_no="5", quantity=2),
    line(invoice_no="C6", quantity=-3),
    line(invoice_no="C7", quantity=-1, customer_id=""),
    line(invoice_no="C8", quantity=-3, customer_id="502", unit_price="1.99"),
]


def test_the_books_of_a_file_are_what_its_lines_add_up_to(tmp_path: Path) -> None:
    books = expected(rows_of(tmp_path, *STORY), set(), set())
    # Nine mugs are sold; C6 takes back the two of invoice 5 and one of invoice 1.
    assert books.stock == {"10001": -6, "10002": -3}
    # Invoice 1 comes to 10.00, less 2.50; invoice 2 to 3.98; the guest's to 2.50; nothing is left of invoice 5.
    assert books.points == {"501": 7, "502": 3, "": 2}
    assert books.sales == {
        "order_count": 4,
        "unit_count": 12,
        "gross": Decimal("21.48"),
        "cancelled": Decimal("7.50"),
        "cancelled_unit_count": 3,
    }
    assert books.events == {"order.placed": 4, "order.paid": 4, "order.cancelled": 2, "order.refunded": 2}


def test_what_the_shop_refused_is_not_in_the_books(tmp_path: Path) -> None:
    books = expected(rows_of(tmp_path, *STORY), {"2"}, {("C6", "1")})
    assert books.stock == {"10001": -5, "10002": -3}
    assert books.points == {"501": 10, "": 2}
    assert books.events == {"order.placed": 3, "order.paid": 3, "order.cancelled": 1, "order.refunded": 1}


def test_plan_and_matching_come_to_the_same_stock_as_the_books(tmp_path: Path) -> None:
    made, sold, stock = plan_of(tmp_path, *STORY), Sold(), Books().stock
    for step in made.steps:
        if isinstance(step, Sale):
            sold.add(step)
            for one in step.lines:
                stock[one.sku] -= one.quantity
        elif isinstance(step, Return):
            parts = sold.take_back(step).parts
            stock["10001"] += sum(quantities.total() for quantities in parts.values())
    assert stock == expected(rows_of(tmp_path, *STORY), set(), set()).stock


def test_every_number_that_differs_is_named() -> None:
    before = Books()
    before.stock.update({"A": 10, "B": 5})
    after = Books()
    after.stock.update({"A": 7, "B": 5})
    after.points.update({"501": 3})
    wanted = Books()
    wanted.stock.update({"A": -3, "B": -1})
    wanted.points.update({"501": 3})
    assert differences(changes(before, after), wanted) == [
        "pieces of B in stock: changed by 0, but the file says -1 (difference 1)"
    ]
