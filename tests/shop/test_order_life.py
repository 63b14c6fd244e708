"""From paid to delivered and back: one way, every step told once, and money to the penny."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone
from django_fsm import TransitionNotAllowed
from djmoney.money import Money
from pytest_django import Settings

from events.api import history
from events.models import Event
from shop.catalog.models import Variant
from shop.errors import CannotAdvance, CannotCancel, CannotReturn, PaymentUnavailable
from shop.orders.models import Order, Reversal
from shop.orders.operations import (
    LineWish,
    advance,
    cancel,
    hold,
    receive_return,
    reject_return,
    release,
    request_return,
    return_pieces,
    settle_abandoned,
)
from shop.stock.models import VariantStock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import at_once, available, buy, event_names, logged, make_product
from tests.simulated import limit_refunds, refunded, refunds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events", "outside")]
MUCH_LATER = timezone.now() + timedelta(days=1)


def bought(pieces: int = 2, *, upto: str = "") -> Order:
    """An order of £10 pieces, brought as far as that."""
    order = buy(LineWish(make_product("CHAIR", "10.00", available=10).sku, pieces))
    return advance(order, upto, by="user:1", carrier="Royal Mail") if upto else order


@pytest.fixture
def costly() -> Order:
    """Two lines with a discount, tax, and a shipping fee: £29.99 − £1.00 + £5.81 + £4.20 = £39.00."""
    order = buy(LineWish(make_product("A", "10.00").sku, 2), LineWish(make_product("B", "3.33").sku, 3))
    first, second = order.lines.all()
    for line, discount, tax in ((first, "0.67", "3.87"), (second, "0.33", "1.94")):
        line.discount, line.tax = Money(discount, "GBP"), Money(tax, "GBP")
        line.save()
    amounts = {"subtotal": "29.99", "discount": "1.00", "tax": "5.81", "shipping_fee": "4.20", "total": "39.00"}
    Order.objects.filter(pk=order.pk).update(**{name: Decimal(amount) for name, amount in amounts.items()})
    limit_refunds("39.00")  # as if the card had been charged for all of it
    return Order.objects.get(pk=order.pk)


def test_an_order_goes_from_paid_to_delivered_and_every_step_is_told_once() -> None:
    order = bought()
    advance(order, "packed", by="user:7")
    advance(order, "shipped", by="system:warehouse", carrier="DHL", tracking_number="JD01")
    done = advance(order, "delivered", by="system:warehouse")
    assert (done.status, done.carrier, done.tracking_number) == ("delivered", "DHL", "JD01")
    assert done.packed_at <= done.shipped_at <= done.delivered_at
    names = ["order.placed", "order.paid", "order.packed", "order.shipped", "order.delivered"]
    assert event_names("order.") == names
    assert logged("order.shipped")[0] | {"carrier": "DHL", "tracking_number": "JD01"} == logged("order.shipped")[0]
    assert list(Event.objects.filter(name__in=names[2:]).order_by("position").values_list("actor", flat=True)) == [
        "user:7", "system:warehouse", "system:warehouse",
    ]  # fmt: skip


def test_repeated_late_and_skipping_reports_are_harmless() -> None:
    order = bought()
    advance(order, "shipped", by="system:warehouse", carrier="DHL")
    for late in ("packed", "shipped", "packed"):
        assert advance(order, late, by="system:warehouse", carrier="UPS").carrier == "DHL"
    assert event_names("order.")[2:] == ["order.packed", "order.shipped"]
    at_once([lambda: advance(order, "delivered", by="system:warehouse")] * 4)
    assert event_names("order.").count("order.delivered") == 1


def test_nobody_sets_the_state_but_a_transition() -> None:
    order = bought()
    with pytest.raises(AttributeError, match="status"):
        order.status = "delivered"
    with pytest.raises(TransitionNotAllowed):
        order.deliver(timezone.now())
    with pytest.raises(IntegrityError, match="order_returned_after_shipping"):
        Order.objects.filter(pk=order.pk).update(status="shipped")
    with pytest.raises(ValueError, match="lost"):
        advance(order, "lost", by="user:1")
    advance(Order.objects.get(pk=order.pk), "packed", by="user:1")
    order.refresh_from_db()
    assert order.status == "packed"


def test_an_order_that_is_not_on_the_way_stays_where_it_is() -> None:
    order = cancel(bought(), by="user:1")
    with pytest.raises(CannotAdvance, match="it is cancelled"):
        advance(order, "packed", by="user:1")
    assert event_names("order.packed") == []


def test_a_held_order_is_not_packed_until_somebody_releases_it() -> None:
    order = bought()
    assert hold(order.pk, reason="Looks odd")
    assert hold(order.pk, reason="Looks odder")
    with pytest.raises(CannotAdvance, match="it is held: Looks odd"):
        advance(order, "shipped", by="user:1")
    assert Order.objects.get().status == "paid"
    release(order.pk, by="user:1")
    release(order.pk, by="user:1")
    assert advance(order, "packed", by="user:1").status == "packed"
    assert hold(order.pk, reason="Too late") is False
    assert event_names("order.")[2:] == ["order.held", "order.released", "order.packed"]
    assert [event.typed().reason for event in history(f"order-{order.pk}") if event.name == "order.held"] == [
        "Looks odd"
    ]


def test_while_a_cancellation_is_refunded_nothing_is_packed_or_shipped(settings: Settings) -> None:
    order = bought()
    provider = settings.PAYMENT_PROVIDER
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    with pytest.raises(PaymentUnavailable):
        cancel(order, {1: 1}, by="user:1")
    with pytest.raises(CannotAdvance, match="being refunded"):
        advance(order, "packed", by="user:1")
    settings.PAYMENT_PROVIDER = provider
    settle_abandoned(MUCH_LATER)
    assert advance(order, "shipped", by="user:1").status == "shipped"


def test_customers_cancel_until_it_is_packed_and_staff_until_it_is_shipped() -> None:
    order = bought(3)
    assert cancel(order, {1: 1}, by="user:2", before_packing=True).status == "paid"
    advance(order, "packed", by="user:1")
    with pytest.raises(CannotCancel, match="packed already"):
        cancel(order, {1: 1}, by="user:2", before_packing=True)
    cancel(order, {1: 1}, by="user:1")
    advance(order, "shipped", by="user:1")
    with pytest.raises(CannotCancel, match="it is shipped"):
        cancel(order, by="user:1")
    assert refunded() == Decimal("20.00")


def test_a_return_refunds_restocks_and_tells() -> None:
    order = bought(3, upto="delivered")
    assert return_pieces(order, {1: 1}, by="user:1", reason="Scratched", restock=False).status == "delivered"
    assert (available(order.lines.get().product), refunded()) == (7, Decimal("10.00"))
    assert return_pieces(order, by="user:1").status == "returned"
    assert (available(order.lines.get().product), refunded()) == (9, Decimal("30.00"))
    told = [
        (e["return_number"], e["amount"], e["returned_total"], e["unit_count"], e["whole"], e["restocked"])
        for e in logged("order.returned")
    ]
    assert told == [(1, "10.00", "10.00", 1, False, False), (2, "20.00", "30.00", 2, True, True)]
    assert [e["amount"] for e in logged("order.refunded")] == ["10.00", "20.00"]
    assert {e["refund_id"] for e in logged("order.refunded")} == {one["id"] for one in refunds()}
    with pytest.raises(CannotReturn, match="it is returned"):
        return_pieces(order, by="user:1")


def test_pieces_of_a_variant_go_back_to_its_own_stock() -> None:
    chair, lamp = make_product("CHAIR", available=7), make_product("LAMP", available=5)
    red = Variant.objects.create(product=chair, sku="CHAIR-RED")
    set_variant_stock({red.pk: 5})
    order = buy(LineWish("CHAIR-RED", 3), LineWish("LAMP", 1))
    cancel(order, {1: 1, 2: 1}, by="user:1")
    advance(order, "delivered", by="user:1")
    return_pieces(order, {1: 1}, by="user:1")
    assert (VariantStock.objects.get().available, available(chair), available(lamp)) == (4, 7, 5)


def test_what_was_not_shipped_and_more_than_was_bought_is_not_taken_back() -> None:
    order = bought(2)
    with pytest.raises(CannotReturn, match="only what was shipped"):
        return_pieces(order, by="user:1")
    advance(order, "shipped", by="user:1")
    with pytest.raises(CannotReturn, match="2 pieces left to return, not 3"):
        return_pieces(order, {1: 3}, by="user:1")
    answers = at_once([lambda: return_pieces(order, {1: 2}, by="user:1")] * 4)
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert refunded() == Decimal("20.00")


@pytest.mark.parametrize("way", ["cancel", "return"])
def test_parts_with_discount_tax_and_shipping_add_up_to_the_penny(costly: Order, way: str) -> None:
    if way == "return":
        advance(costly, "shipped", by="user:1")
    take_back = cancel if way == "cancel" else return_pieces
    for position in (1, 2, 2, 1, 2):
        order = take_back(costly, {position: 1}, by="user:1")
    amounts = [Decimal(one["amount"]) for one in reversed(refunds())]
    assert amounts[:4] == [Decimal("11.60"), Decimal("3.87"), Decimal("3.86"), Decimal("11.60")]
    if way == "cancel":  # the shipping fee goes back with the last piece
        assert (order.status, order.cancelled_total, sum(amounts)) == ("cancelled", order.total, Decimal("39.00"))
    else:
        assert (order.status, order.returned_total.amount, sum(amounts)) == (
            "returned", Decimal("34.80"), Decimal("34.80"),
        )  # fmt: skip


def test_cancelled_and_returned_pieces_of_one_order_add_up(costly: Order) -> None:
    cancel(costly, {1: 1, 2: 1}, by="user:1")
    advance(costly, "delivered", by="user:1")
    order = return_pieces(costly, by="user:1")
    assert (order.status, order.cancelled_unit_count, order.returned_unit_count) == ("returned", 2, 3)
    assert order.cancelled_total + order.returned_total == order.total - order.shipping_fee


def test_a_crash_between_refund_and_books_of_a_return_is_settled_without_a_second_refund(settings: Settings) -> None:
    order = bought(2, upto="delivered")
    provider = settings.PAYMENT_PROVIDER
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Crashing"
    with pytest.raises(SystemExit):
        return_pieces(order, by="user:1")
    assert Order.objects.get().status == "delivered"
    settings.PAYMENT_PROVIDER = provider
    assert settle_abandoned(MUCH_LATER) == {"returned": 1}
    assert settle_abandoned(MUCH_LATER) == {}
    assert (Order.objects.get().status, refunded()) == ("returned", Decimal("20.00"))
    assert event_names("order.")[-2:] == ["order.returned", "order.refunded"]


def test_a_requested_return_is_refunded_when_it_has_arrived_and_only_once() -> None:
    order = bought(3, upto="delivered")
    asked = request_return(order, {1: 2}, by="user:2", reason="Too big", now=timezone.now())
    assert (asked.status, refunded()) == ("requested", 0)
    assert settle_abandoned(MUCH_LATER) == {}
    with pytest.raises(CannotReturn, match="1 pieces left to return, not 2"):
        request_return(order, {1: 2}, by="user:2", now=timezone.now())
    for _time in range(2):
        receive_return(order, asked.number, restock=False)
    assert (refunded(), available(order.lines.get().product)) == (Decimal("20.00"), 7)
    with pytest.raises(CannotReturn, match="return 1 is done"):
        reject_return(order, asked.number)
    with pytest.raises(CannotReturn, match="there is no return 9"):
        receive_return(order, 9)


def test_a_rejected_return_frees_its_pieces() -> None:
    order = bought(2, upto="delivered")
    asked = request_return(order, by="user:2", now=timezone.now())
    for _time in range(2):
        assert reject_return(order, asked.number).status == Reversal.Status.REJECTED
    with pytest.raises(CannotReturn, match="return 1 is rejected"):
        receive_return(order, asked.number)
    assert return_pieces(order, by="user:1").status == "returned"
    assert refunded() == Decimal("20.00")


def test_a_return_is_asked_for_within_the_time_for_returns(settings: Settings) -> None:
    order = bought(2, upto="delivered")
    settings.RETURN_DAYS = 30
    with pytest.raises(CannotReturn, match="the 30 days for returns are over"):
        request_return(order, by="user:2", now=order.delivered_at + timedelta(days=30, seconds=1))
    assert request_return(order, by="user:2", now=order.delivered_at + timedelta(days=30)).status == "requested"
