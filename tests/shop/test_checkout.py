"""Buying: the operation."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djmoney.money import Money
from pytest_django import Settings

from shop.catalog.models import Product
from shop.customers.models import Customer
from shop.errors import (
    CardDeclined,
    ChargeKeyClosed,
    InvalidInput,
    NotEnoughStock,
    OutsideInsideTransaction,
    PaymentUnavailable,
)
from shop.orders.models import Order, OrderLine
from shop.orders.operations import Buyer, LineWish, check_out, settle_abandoned
from shop.payments.models import Payment
from shop.payments.provider import Card
from tests import simulated
from tests.shop import providers
from tests.shop.builders import (
    ANSWER_LOST_CARD,
    BUYER,
    DECLINED_CARD,
    FAILING_CARD,
    GOOD_CARD,
    at_once,
    available,
    buy,
    event_names,
    logged,
    make_product,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]


def test_a_checkout_takes_stock_and_money_and_emits_placed_then_paid() -> None:
    chair, lamp = make_product(price="10.00", available=5), make_product(price="2.50", available=5)
    order = buy(LineWish(chair.sku, 2), LineWish(lamp.sku, 1))

    stored = Order.objects.get(pk=order.pk)
    assert (stored.status, stored.total) == ("paid", Money("22.50", "GBP"))
    assert (available(chair), available(lamp)) == (3, 4)
    (charge,) = simulated.charges()
    assert (charge["amount"], charge["key"], charge["id"]) == ("22.50", str(stored.payment_key), stored.charge_id)
    entry = Payment.objects.get()
    assert (entry.key, entry.amount, entry.provider_id) == (charge["key"], stored.total, charge["id"])
    assert event_names("order.") == ["order.placed", "order.paid"]
    (placed,) = logged("order.placed")
    assert placed == {
        "order_id": order.pk,
        "number": order.number,
        "customer_id": order.customer_id,
        "subtotal": "22.50",
        "discount": "0",
        "shipping_fee": "0",
        "tax": "0.00",
        "total": "22.50",
        "currency": "GBP",
        "coupon_code": "",
        "affiliate": "",
        "line_count": 2,
        "unit_count": 3,
        "placed_at": stored.placed_at.isoformat().replace("+00:00", "Z"),
    }
    (paid,) = logged("order.paid")
    assert (paid["amount"], paid["charge_id"]) == ("22.50", stored.charge_id)


def test_lines_of_one_product_stay_apart_but_are_reserved_together() -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 2), LineWish(chair.sku, 3))
    assert list(order.lines.values_list("position", "quantity")) == [(1, 2), (2, 3)]
    assert available(chair) == 0
    with pytest.raises(NotEnoughStock, match="2 wanted, 0 available"):
        buy(LineWish(chair.sku, 1), LineWish(chair.sku, 1))


def test_twenty_buyers_of_the_last_five_pieces_get_exactly_five_orders() -> None:
    chair = make_product("CHAIR", available=5)
    answers = at_once([lambda: buy(LineWish("CHAIR", 1))] * 20)

    assert sum(isinstance(answer, Order) for answer in answers) == 5
    assert sum(isinstance(answer, NotEnoughStock) for answer in answers) == 15
    assert available(chair) == 0
    assert Order.objects.count() == len(simulated.charges()) == 5
    assert event_names("order.").count("order.paid") == 5


def test_too_little_stock_leaves_no_order_no_customer_and_no_charge() -> None:
    make_product("CHAIR", available=1)
    with pytest.raises(NotEnoughStock, match="CHAIR: 2 wanted, 1 available"):
        buy(LineWish("CHAIR", 2))
    assert not Order.objects.exists()
    assert not Customer.objects.exists()
    assert simulated.calls("payments") == []


def test_a_declined_card_frees_the_stock_and_keeps_the_order_as_declined() -> None:
    chair = make_product(available=5)
    with pytest.raises(CardDeclined):
        buy(LineWish(chair.sku, 2), card=DECLINED_CARD)
    assert available(chair) == 5
    assert Order.objects.get().status == "declined"
    assert event_names("order.") == []


def test_a_provider_that_failed_for_certain_frees_the_stock() -> None:
    chair = make_product(available=5)
    with pytest.raises(PaymentUnavailable, match="Nothing was charged"):
        buy(LineWish(chair.sku, 2), card=FAILING_CARD)
    assert available(chair) == 5
    assert Order.objects.get().status == "expired"


def test_a_lost_answer_is_asked_for_and_the_order_is_paid() -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 2), card=ANSWER_LOST_CARD)
    assert order.status == "paid"
    assert available(chair) == 3
    assert event_names("order.") == ["order.placed", "order.paid"]


@pytest.mark.parametrize("provider", ["Silent", "Down"])
def test_while_nobody_knows_whether_money_was_taken_the_stock_stays_reserved(settings: Settings, provider: str) -> None:
    settings.PAYMENT_PROVIDER = f"tests.shop.providers.{provider}"
    chair = make_product(available=5)
    with pytest.raises(PaymentUnavailable, match="do not order again"):
        buy(LineWish(chair.sku, 2))
    assert Order.objects.get().status == "pending"
    assert available(chair) == 3


def test_an_order_that_expires_before_its_charge_is_never_charged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Interrupted"
    chair = make_product(available=5)
    much_later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(providers, "between", [lambda: settle_abandoned(much_later)])
    with pytest.raises(ChargeKeyClosed, match="Nothing was charged"):
        buy(LineWish(chair.sku, 2))
    assert Order.objects.get().status == "expired"
    assert available(chair) == 5
    assert simulated.charges() == []


def test_an_order_that_costs_nothing_is_paid_without_a_charge() -> None:
    make_product("GIFT", price="0.00")
    order = buy(LineWish("GIFT", 1))
    assert (order.status, order.charge_id) == ("paid", "")
    assert simulated.calls("payments") == []
    assert event_names("order.") == ["order.placed", "order.paid"]


def test_an_agreed_price_is_charged_and_rounded_per_line() -> None:
    make_product("PAD", price="5.00")
    order = check_out(BUYER, [LineWish("PAD", 3, Decimal("0.0015"))], Card(GOOD_CARD), now=timezone.now())
    assert order.total == Money("0.00", "GBP")
    order = check_out(BUYER, [LineWish("PAD", 5, Decimal("0.001"))], Card(GOOD_CARD), now=timezone.now())
    assert order.total == Money("0.01", "GBP")


def test_products_that_are_unknown_or_not_for_sale_are_named_by_line() -> None:
    make_product("CHAIR")
    make_product("OLD")
    Product.objects.filter(sku="OLD").update(status="archived")
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("CHAIR", 1), LineWish("OLD", 1), LineWish("NONE", 1))
    assert [(error["field"], error["sku"]) for error in caught.value.field_errors] == [
        ("lines[1].sku", "OLD"),
        ("lines[2].sku", "NONE"),
    ]


def test_one_order_has_one_currency() -> None:
    make_product("POUNDS")
    Product.objects.create(sku="EUROS", slug="euros", price=Money("1.00", "EUR"))
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("POUNDS", 1), LineWish("EUROS", 1))
    assert caught.value.field_errors[0]["field"] == "lines[1].sku"


def test_a_total_that_cannot_be_stored_is_refused() -> None:
    make_product("GOLD", price="999999999999.00", available=10)
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("GOLD", 2))
    assert caught.value.field_errors[0]["field"] == "lines"


def test_a_known_customer_is_found_by_address_and_not_renamed_by_a_stranger() -> None:
    chair = make_product()
    first = buy(LineWish(chair.sku, 1))
    stranger = Buyer(email="SomeOne@Example.com", name="Mallory", language="ar")
    second = check_out(stranger, [LineWish(chair.sku, 1)], Card(GOOD_CARD), now=timezone.now())
    assert first.customer_id == second.customer_id
    assert Customer.objects.get().name == "Someone"


def test_a_checkout_inside_a_transaction_is_refused_before_the_card_is_charged() -> None:
    chair = make_product()
    with pytest.raises(OutsideInsideTransaction), transaction.atomic():
        buy(LineWish(chair.sku, 1))
    assert simulated.calls("payments") == []


@pytest.mark.usefixtures("events")  # nothing is delivered, so all statements are the checkout's own
def test_a_checkout_of_a_hundred_lines_takes_as_many_statements_as_one_of_one() -> None:
    products = [make_product() for _ in range(100)]

    def statements(count: int) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            buy(*(LineWish(product.sku, 1) for product in products[:count]))
        own = re.compile("catalog_|customers_|stock_|payments_|orders_|SAVEPOINT")
        return [query["sql"][:60] for query in captured if own.search(query["sql"])]

    statements(1)  # makes the customer
    one, hundred = statements(1), statements(100)
    assert len(one) == len(hundred), (one, hundred)
    assert not any("SAVEPOINT" in statement for statement in one)


def test_an_order_saved_in_a_shell_emits_what_the_save_means() -> None:
    order = Order.objects.get(pk=buy(LineWish(make_product().sku, 1)).pk)
    order.save()
    assert event_names("order.") == ["order.placed", "order.paid"]

    pending = Order(customer=order.customer, total=order.total, line_count=1, unit_count=1)
    pending.save()
    assert len(event_names("order.")) == 2
    pending.place(timezone.now())
    pending.save()
    pending.pay("ch_1", pending.placed_at)
    pending.save()
    assert event_names("order.") == ["order.placed", "order.paid"] * 2


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("order_cancelled_within_total", {"total": -1}),
        ("order_cancelled_within_total", {"cancelled_total": 11}),
        ("order_cancelled_within_units", {"cancelled_unit_count": 2}),
        ("order_cancelled_is_whole", {"status": "cancelled"}),
        ("order_placed_has_time", {"placed_at": None}),
    ],
)
def test_the_database_itself_refuses_an_impossible_order(constraint: str, values: dict[str, object]) -> None:
    order = buy(LineWish(make_product(price="10.00").sku, 1))
    with pytest.raises(IntegrityError, match=constraint):
        Order.objects.filter(pk=order.pk).update(**values)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("line_quantity_positive", {"quantity": 0}),
        ("line_cancelled_within_quantity", {"cancelled_quantity": 2}),
        ("line_price_not_negative", {"unit_price": -1}),
    ],
)
def test_the_database_itself_refuses_an_impossible_line(constraint: str, values: dict[str, object]) -> None:
    order = buy(LineWish(make_product().sku, 1))
    with pytest.raises(IntegrityError, match=constraint):
        OrderLine.objects.filter(order=order).update(**values)
