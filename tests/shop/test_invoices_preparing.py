"""What invoices need is made through the shop's operations, once."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from knox.models import AuthToken

from shop.catalog.models import Product
from shop.customers.models import Customer
from shop.invoices.clerk import clerk
from shop.invoices.errors import AccountTaken, AlreadyPlayed
from shop.invoices.preparing import Prepared, prepare, refuse_second_time
from shop.orders.operations import Buyer, LineWish, check_out
from shop.payments.provider import Card
from shop.stock.models import StockItem
from tests.shop.builders import GOOD_CARD, event_names, make_product
from tests.shop.invoice_files import line, plan_of

pytestmark = pytest.mark.django_db

STORY = [
    line(invoice_no="1", quantity=4),
    line(invoice_no="1", quantity=2, stock_code="10002a", description="RED JUG", unit_price="0.001"),
    line(invoice_no="2", quantity=3, description="BLUE MUG 25CM", customer_id="", unit_price="2.10"),
    line(invoice_no="3", quantity=1, description="BLUE MUG 25CM", customer_id="502", unit_price="2.10"),
    line(invoice_no="4", quantity=-9, stock_code="10003", unit_price="0", customer_id=""),
    line(invoice_no="C5", quantity=-2, stock_code="10004"),
]


def test_customers_products_and_stock_are_made(tmp_path: Path) -> None:
    assert prepare(plan_of(tmp_path, *STORY)) == Prepared(customer_count=3, product_count=2, restocked_count=2)
    assert set(Customer.objects.values_list("email", "name")) == {
        ("customer-501@invoices.example", "Customer 501"),
        ("customer-502@invoices.example", "Customer 502"),
        ("guest@invoices.example", "Guest"),
    }
    mug, jug = Product.objects.order_by("sku")
    assert (mug.sku, mug.slug, mug.name_in("en")) == ("10001", "blue-mug-25cm-10001", "BLUE MUG 25CM")
    assert (mug.price.amount, str(mug.price.currency)) == (Decimal("2.10"), "GBP")
    assert (jug.sku, jug.price.amount) == ("10002A", Decimal("0.00"))
    assert dict(StockItem.objects.values_list("product__sku", "available")) == {"10001": 8, "10002A": 2}
    assert event_names() == ["product.created", "product.created", "stock.counted", "stock.counted"]


def test_a_second_time_adds_only_what_is_missing(tmp_path: Path) -> None:
    prepare(plan_of(tmp_path, *STORY))
    StockItem.objects.filter(product__sku="10001").update(available=3)
    more = line(invoice_no="9", stock_code="10009", customer_id="503")
    assert prepare(plan_of(tmp_path, *STORY, more)) == Prepared(customer_count=1, product_count=1, restocked_count=2)
    assert StockItem.objects.get(product__sku="10001").available == 8
    assert Counter(event_names()) == {"product.created": 3, "stock.counted": 4}


def test_a_product_that_the_shop_has_already_stays_as_it_is(tmp_path: Path) -> None:
    present = make_product("10001", price="9.99", available=100, en="My own mug")
    prepare(plan_of(tmp_path, *STORY))
    present.refresh_from_db()
    assert (present.price.amount, present.name_in("en")) == (Decimal("9.99"), "My own mug")
    assert StockItem.objects.get(product=present).available == 100


def test_a_product_without_a_description_is_named_by_its_code(tmp_path: Path) -> None:
    prepare(plan_of(tmp_path, line(description="")))
    product = Product.objects.get()
    assert (product.name_in("en"), product.slug) == ("10001", "10001-10001")


def test_a_slug_that_is_taken_or_too_long_gets_another(tmp_path: Path) -> None:
    Product.objects.filter(pk=make_product("BLUE-MUG-10001").pk).update(slug="blue-mug-10001")
    long = "x" * 60
    prepare(
        plan_of(
            tmp_path,
            line(),
            line(stock_code="10002", description="BLUE MUG 10001 2"),
            line(stock_code="A_B", description="CUP"),
            line(stock_code="A_B", description="CUP", invoice_no="100002"),
            line(stock_code="CUP-A.B", description=""),
            line(stock_code="Y" * 64, description=long),
            line(stock_code="Y" * 63 + "Z", description=long),
        )
    )
    slugs = dict(Product.objects.values_list("sku", "slug"))
    assert slugs["10001"] == "blue-mug-10001-2"
    assert all(len(slug) <= 120 for slug in slugs.values())
    assert len(slugs) == len(set(slugs.values())) == 7


@pytest.mark.django_db(transaction=True)
def test_invoices_that_were_played_are_not_played_again_by_accident(tmp_path: Path) -> None:
    prepare(plan_of(tmp_path, *STORY))
    refuse_second_time()
    buyer = Buyer(email="customer-501@invoices.example", name="Customer 501")
    check_out(buyer, [LineWish("10001", 1)], Card(GOOD_CARD), now=timezone.now())
    with pytest.raises(AlreadyPlayed, match=r"1 orders from invoices.*--again"):
        refuse_second_time()


def test_the_clerk_may_do_what_it_must_and_its_token_ends_with_the_run() -> None:
    for _time in range(2):
        with clerk() as staff:
            user = User.objects.get(username="invoices-replay")
            assert staff.actor == f"user:{user.pk}"
            assert AuthToken.objects.get(user=user).expiry is not None
        assert not AuthToken.objects.exists()
    assert user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()
    user = User.objects.get()
    user.is_active = True  # else Django tells no permissions
    assert user.get_all_permissions() == {"orders.agree_prices", "orders.cancel_order", "orders.view_order"}


def test_between_two_runs_the_account_of_the_clerk_is_switched_off() -> None:
    with clerk():
        assert User.objects.get().is_active
    assert not User.objects.get().is_active


def test_an_account_that_somebody_uses_is_not_taken_over() -> None:
    owner = User.objects.create_user("invoices-replay", password="my own")
    with pytest.raises(AccountTaken, match="'invoices-replay' with a password"), clerk():
        pytest.fail("there must be no clerk")
    owner.refresh_from_db()
    assert owner.check_password("my own")
    assert not owner.is_staff


def test_the_token_ends_when_the_run_fails_too() -> None:
    with pytest.raises(ZeroDivisionError), clerk():
        raise ZeroDivisionError
    assert not AuthToken.objects.exists()
