"""`manage.py replay_orders` from the file to the books, with a server in this process and the inline transport."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from shop.catalog.models import Product
from shop.customers.models import Customer
from shop.invoices.preparing import GUEST
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, check_out
from shop.payments.provider import Card
from shop.stock.models import StockItem
from tests.servers import free_port
from tests.shop.builders import GOOD_CARD, make_product
from tests.shop.invoice_files import line, write

pytestmark = pytest.mark.django_db(transaction=True)

STORY = [
    line(invoice_no="1", quantity=4, invoice_date="2024-01-02 09:00:00"),
    line(invoice_no="1", quantity=3, stock_code="10002a", unit_price="0.125"),
    line(invoice_no="1", stock_code="POST", unit_price="18"),
    line(invoice_no="2", quantity=2, customer_id="", invoice_date="2024-01-02 10:00:00"),
    line(invoice_no="3", quantity=2, invoice_date="2024-01-02 11:00:00"),
    line(invoice_no="C4", quantity=-3, invoice_date="2024-01-03 09:00:00"),
    line(invoice_no="C5", quantity=-3, stock_code="10002A", unit_price="0.125", invoice_date="2024-01-03 10:00:00"),
    line(invoice_no="C6", quantity=-1, unit_price="9.99", invoice_date="2024-01-03 11:00:00"),
]


def replay(file: Path, url: str, **options: Any) -> str:
    out = StringIO()
    call_command("replay_orders", str(file), url=url, wait=5.0, stdout=out, **options)
    return out.getvalue()


def assert_nothing_made() -> None:
    assert [model.objects.count() for model in (Product, Customer, Order, User)] == [0, 0, 0, 0]


@contextmanager
def tampering(table: str, tamper: str) -> Iterator[None]:
    """The database itself writes wrong rows into a table."""
    body = f"BEGIN {tamper}; RETURN NEW; END"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE FUNCTION tamper() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        cursor.execute(f"CREATE TRIGGER t BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tamper()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION tamper CASCADE")


def test_invoices_are_played_over_http_and_the_books_balance(live_server: LiveServer, tmp_path: Path) -> None:
    text = replay(write(tmp_path / "story.csv", *STORY), live_server.url)
    for words in (
        "8 lines, 6 invoices, 2024-01-02 to 2024-01-03",
        "1  postage and carriage (POST, DOT, C2, C3): left out",
        "1  stock codes in several spellings",
        "2  customers",
        "3  orders placed and paid",
        "3  cancellations of orders done",
        "1  the customer has bought this at other prices only",
        "stock = initial − sold + returned, for 2 products",
        "points as the file says, for 2 customers: 12",
        "sales as the file says: 3 orders, 20.38 gross, 7.88 cancelled",
        "audit entries as the file says: 12",
    ):
        assert words in text
    assert dict(StockItem.objects.values_list("product__sku", "available")) == {"10001": 3, "10002A": 3}


def test_orders_have_the_file_s_prices_and_customers(live_server: LiveServer, tmp_path: Path) -> None:
    replay(write(tmp_path / "story.csv", *STORY), live_server.url)
    first, guest, last = Order.objects.order_by("id")
    assert [str(one.unit_price.amount) for one in first.lines.all()] == ["2.5000", "0.1250"]
    assert [(one.quantity, one.cancelled_quantity) for one in first.lines.all()] == [(4, 1), (3, 3)]
    assert (first.customer.name, first.status) == ("Customer 501", "paid")
    assert guest.customer.email.startswith(GUEST)
    assert last.status == "cancelled"


def test_a_second_run_is_refused_unless_it_is_meant(live_server: LiveServer, tmp_path: Path) -> None:
    file = write(tmp_path / "story.csv", *STORY)
    replay(file, live_server.url)
    with pytest.raises(CommandError, match=r"already has 3 orders from invoices.*--again"):
        replay(file, live_server.url)
    assert Order.objects.count() == 3
    assert list(User.objects.values_list("username", "is_active")) == [("invoices-replay", False)]
    assert "points as the file says" in replay(file, live_server.url, again=True)
    assert (Order.objects.count(), Product.objects.count(), Customer.objects.count()) == (6, 2, 2)


def test_only_the_first_invoices_are_played_when_so_told(live_server: LiveServer, tmp_path: Path) -> None:
    text = replay(write(tmp_path / "story.csv", *STORY), live_server.url, limit=2)
    assert "2 orders, 15.38 gross, 0.00 cancelled" in text
    assert Order.objects.count() == 2


def test_what_the_shop_refuses_is_counted_by_reason_and_is_not_in_the_books(
    live_server: LiveServer, tmp_path: Path
) -> None:
    make_product("10002A")
    Product.objects.filter(sku="10002A").update(status=Product.Status.ARCHIVED)
    text = replay(write(tmp_path / "story.csv", *STORY), live_server.url)
    for words in (
        "1  order: 400 invalid not_for_sale",
        "2 orders, 10.00 gross",
        "1  the customer has fewer pieces left at this price",
        "1  the customer has not bought this in the file",
        "1  the customer has bought this at other prices only",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("table", "tamper", "difference"),
    [
        ("loyalty_pointsentry", "NEW.points := NEW.points + 1", "points of customer 501: changed by 12"),
        ("analytics_dailysales", "NEW.gross := NEW.gross + 1", "daily sales, gross: changed by"),
        ("audit_auditentry", "NEW.name := NEW.name || '!'", "audit entries of order.paid: changed by 0"),
        ("stock_stockitem", "NEW.available := NEW.available + 1", "pieces of 10001 in stock: changed by"),
    ],
)
def test_books_that_do_not_balance_end_the_command_with_the_differences(
    live_server: LiveServer, tmp_path: Path, table: str, tamper: str, difference: str
) -> None:
    file, out = write(tmp_path / "story.csv", *STORY), StringIO()
    with tampering(table, tamper), pytest.raises(CommandError, match="The books do not balance"):
        call_command("replay_orders", str(file), url=live_server.url, stdout=out)
    assert difference in out.getvalue()


def test_deliveries_that_fail_end_the_command_too(live_server: LiveServer, tmp_path: Path) -> None:
    file, out = write(tmp_path / "story.csv", *STORY), StringIO()
    failing = tampering("loyalty_pointsentry", "RAISE 'no points today'")
    with failing, pytest.raises(CommandError, match="Some deliveries are not settled") as caught:
        call_command("replay_orders", str(file), url=live_server.url, wait=1.0, stdout=out)
    assert "The books do not balance" in str(caught.value)
    (figures,) = [row.split() for row in out.getvalue().splitlines() if "loyalty.award_points" in row]
    assert figures[1:4] == ["0", "6", "0"]


def test_a_bad_file_changes_nothing(live_server: LiveServer, tmp_path: Path) -> None:
    file = write(tmp_path / "bad.csv", *STORY, line(invoice_no="9", unit_price="NaN"))
    with pytest.raises(CommandError, match=r"line 10: unit_price is 'NaN'"):
        replay(file, live_server.url)
    assert_nothing_made()


def test_without_a_server_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="make run"):
        replay(write(tmp_path / "story.csv", *STORY), f"http://127.0.0.1:{free_port()}")
    assert_nothing_made()


def test_a_run_that_is_refused_makes_no_account(live_server: LiveServer, tmp_path: Path) -> None:
    buyer = Buyer(email="customer-501@invoices.example", name="Customer 501")
    check_out(buyer, [LineWish(make_product().sku, 1)], Card(GOOD_CARD), now=timezone.now())
    with pytest.raises(CommandError, match="already has 1 orders"):
        replay(write(tmp_path / "story.csv", *STORY), live_server.url)
    assert not User.objects.exists()


def test_simulate_buys_the_same_baskets_with_the_same_seed(live_server: LiveServer) -> None:
    for number in range(5):
        make_product(f"CHAIR-{number}", available=1000)
    texts = []
    for _time in range(2):
        out = StringIO()
        call_command("simulate", orders=30, seed=7, url=live_server.url, stdout=out)
        texts.append(out.getvalue().partition("Response time")[0])
    assert texts[0] == texts[1]
    assert "Baskets (seed 7)" in texts[0]
    assert "402 card-declined" in texts[0]
    assert Order.objects.filter(status="paid").count() == 2 * int(texts[0].split("  201 placed")[0].split()[-1])


def test_simulate_says_when_there_is_nothing_to_buy(live_server: LiveServer) -> None:
    with pytest.raises(CommandError, match="nothing in stock"):
        call_command("simulate", orders=3, url=live_server.url)
