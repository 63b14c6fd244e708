"""Cancelling gives back exactly what was taken, once."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djmoney.money import Money
from pytest_django import Settings

from events.testing import Rehearsal
from shop.errors import CannotCancel, InvalidInput, PaymentUnavailable
from shop.orders.models import Order, Reversal
from shop.orders.operations import LineWish, cancel, check_out, settle_abandoned
from shop.payments.provider import Card
from tests.shop.builders import BUYER, DECLINED_CARD, GOOD_CARD, at_once, available, buy, logged, make_product
from tests.simulated import limit_refunds, refunded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
MUCH_LATER = timezone.now() + timedelta(days=1)


def test_cancelling_an_order_refunds_restocks_and_emits() -> None:
    chair, lamp = make_product(price="10.00", available=5), make_product(price="2.50", available=5)
    order = cancel(buy(LineWish(chair.sku, 2), LineWish(lamp.sku, 1)), by="user:1", reason="Changed my mind")

    stored = Order.objects.get()
    assert (stored.status, stored.cancelled_total, stored.cancelled_unit_count) == ("cancelled", stored.total, 3)
    assert (available(chair), available(lamp)) == (5, 5)
    assert refunded() == Decimal("22.50")
    assert list(stored.lines.values_list("cancelled_quantity", flat=True)) == [2, 1]
    assert logged("order.cancelled") == [
        {
            "order_id": order.pk,
            "number": order.number,
            "customer_id": order.customer_id,
            "amount": "22.50",
            "cancelled_total": "22.50",
            "returned_total": "0.00",
            "total": "22.50",
            "currency": "GBP",
            "unit_count": 3,
            "whole": True,
        }
    ]


def test_parts_are_cancelled_one_after_another_until_nothing_is_left() -> None:
    chair, lamp = make_product(price="10.00"), make_product(price="2.50")
    order = buy(LineWish(chair.sku, 3), LineWish(lamp.sku, 2))
    cancel(order, {1: 2, 2: 1}, by="user:1")
    assert Order.objects.get().status == "paid"
    cancel(order, {1: 1}, by="user:1")
    cancel(order, by="user:1")
    told = [(e["amount"], e["cancelled_total"], e["unit_count"], e["whole"]) for e in logged("order.cancelled")]
    assert told == [("22.50", "22.50", 3, False), ("10.00", "32.50", 1, False), ("2.50", "35.00", 1, True)]
    with pytest.raises(CannotCancel, match="it is cancelled"):
        cancel(order, by="user:1")
    assert refunded() == Decimal("35.00")


def test_parts_of_an_uneven_price_add_up_to_the_penny() -> None:
    make_product("PAD")
    order = check_out(BUYER, [LineWish("PAD", 3, Decimal("0.335"))], Card(GOOD_CARD), now=timezone.now())
    assert order.total == Money("1.01", "GBP")
    for _piece in range(3):
        cancel(order, {1: 1}, by="user:1")
    assert [event["amount"] for event in logged("order.cancelled")] == ["0.34", "0.33", "0.34"]
    assert refunded() == Decimal("1.01")


def test_more_than_is_left_is_refused_and_changes_nothing() -> None:
    order = buy(LineWish(make_product().sku, 3))
    cancel(order, {1: 2}, by="user:1")
    with pytest.raises(CannotCancel, match="line 1 has 1 pieces left to cancel, not 2"):
        cancel(order, {1: 2}, by="user:1")
    with pytest.raises(InvalidInput):
        cancel(order, {7: 1}, by="user:1")
    assert refunded() == Decimal("20.00")
    assert Reversal.objects.count() == 1


def test_an_order_that_was_never_paid_cannot_be_cancelled() -> None:
    with pytest.raises(Exception, match="declined"):
        buy(LineWish(make_product().sku, 1), card=DECLINED_CARD)
    with pytest.raises(CannotCancel, match="declined"):
        cancel(Order.objects.get(), by="user:1")


def test_eight_cancellations_at_once_never_cancel_more_than_was_bought() -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 5))
    answers = at_once([lambda: cancel(order, {1: 2}, by="user:1")] * 8)
    assert sum(isinstance(answer, Order) for answer in answers) == 2
    assert sum(isinstance(answer, CannotCancel) for answer in answers) == 6
    assert (available(chair), refunded()) == (4, Decimal("40.00"))
    assert len(logged("order.cancelled")) == 2


def test_a_crash_between_refund_and_books_is_completed_later_without_a_second_refund(settings: Settings) -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 2))
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Crashing"
    with pytest.raises(SystemExit):
        cancel(order, by="user:1")
    assert (refunded(), available(chair)) == (Decimal("20.00"), 3)
    with pytest.raises(CannotCancel, match="nothing is left"):
        cancel(order, by="user:1")

    settings.PAYMENT_PROVIDER = "shop.payments.simulated.SimulatedProvider"
    assert settle_abandoned(MUCH_LATER) == {"cancelled": 1}
    assert settle_abandoned(MUCH_LATER) == {}
    assert (refunded(), available(chair)) == (Decimal("20.00"), 5)
    assert Order.objects.get().status == "cancelled"
    assert len(logged("order.cancelled")) == 1


def test_four_runs_at_once_complete_a_cancellation_once(settings: Settings) -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 4))
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Crashing"
    with pytest.raises(SystemExit):
        cancel(order, {1: 1}, by="user:1")
    settings.PAYMENT_PROVIDER = "shop.payments.simulated.SimulatedProvider"
    at_once([lambda: settle_abandoned(MUCH_LATER)] * 4)
    assert (refunded(), available(chair), len(logged("order.cancelled"))) == (Decimal("10.00"), 2, 1)


def test_a_silent_provider_keeps_the_cancellation_for_later(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 2))
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    with pytest.raises(PaymentUnavailable, match="tried again"):
        cancel(order, by="user:1")
    assert settle_abandoned(MUCH_LATER) == {"undecided": 1}
    settings.PAYMENT_PROVIDER = "shop.payments.simulated.SimulatedProvider"
    assert settle_abandoned(MUCH_LATER) == {"cancelled": 1}
    assert refunded() == Decimal("20.00")


def test_a_refused_refund_gives_the_pieces_free_to_be_cancelled_again() -> None:
    order = buy(LineWish(make_product().sku, 2))
    limit_refunds("1")
    with pytest.raises(CannotCancel, match="refuses the refund"):
        cancel(order, by="user:1")
    assert Order.objects.get().status == "paid"
    limit_refunds("20")
    assert cancel(order, by="user:1").status == "cancelled"


def test_after_a_refused_refund_the_parts_still_add_up_to_the_penny(settings: Settings) -> None:
    make_product("PAD")
    order = check_out(BUYER, [LineWish("PAD", 3, Decimal("0.335"))], Card(GOOD_CARD), now=timezone.now())
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    with pytest.raises(PaymentUnavailable):
        cancel(order, {1: 1}, by="user:1")
    settings.PAYMENT_PROVIDER = "shop.payments.simulated.SimulatedProvider"
    cancel(order, {1: 1}, by="user:1")
    limit_refunds("0.33")
    assert settle_abandoned(MUCH_LATER) == {"refused": 1}
    limit_refunds("1.01")
    assert cancel(order, by="user:1").status == "cancelled"
    assert refunded() == Decimal("1.01")


def test_a_cancellation_of_a_hundred_lines_takes_as_many_statements_as_one_of_one(events: Rehearsal) -> None:
    products = [make_product() for _ in range(100)]

    def statements(count: int) -> list[str]:
        order = buy(*(LineWish(product.sku, 2) for product in products[:count]))
        with CaptureQueriesContext(connection) as captured:
            cancel(order, dict.fromkeys(range(1, count + 1), 1), by="user:1")
        assert set(order.lines.values_list("cancelled_quantity", flat=True)) == {1}
        own = re.compile("catalog_|stock_|payments_|orders_|SAVEPOINT")
        return [query["sql"][:60] for query in captured if own.search(query["sql"])]

    one, hundred = statements(1), statements(100)
    assert len(one) == len(hundred), (one, hundred)


def test_lines_of_one_product_are_put_back_together() -> None:
    chair = make_product(available=5)
    order = buy(LineWish(chair.sku, 2), LineWish(chair.sku, 3))
    cancel(order, {1: 1, 2: 2}, by="user:1")
    assert list(order.lines.values_list("cancelled_quantity", flat=True)) == [1, 2]
    assert available(chair) == 3


def test_an_order_that_cost_nothing_is_cancelled_without_a_refund() -> None:
    gift = make_product(price="0.00", available=3)
    assert cancel(buy(LineWish(gift.sku, 1)), by="user:1").status == "cancelled"
    assert (available(gift), refunded()) == (3, 0)
