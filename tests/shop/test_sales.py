"""The sales team hears of large and first orders, of returns, and of each day's figures; of everything once."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from events.testing import Rehearsal
from shop.orders.events import OrderPlaced
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, hold, return_pieces
from shop.sales.events import SalesDayEnded
from shop.sales.models import SalesNote
from shop.sales.operations import end_day
from tests import simulated
from tests.shop.builders import at_once, buy, make_product
from tests.shop.connections import outside

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told() -> list[str]:
    """The messages in the chat, the oldest first."""
    messages = simulated.ask("GET", "/chat/messages")["messages"]
    assert {one["channel"] for one in messages} <= {"sales"}
    return [one["text"] for one in reversed(messages)]


def placed_on(day: datetime, quantity: int, price: str = "10.00") -> Order:
    order = buy(LineWish(make_product(price=price, available=1000).sku, quantity))
    Order.objects.filter(pk=order.pk).update(placed_at=day)
    return order


def test_first_and_large_orders_are_told_once_and_others_are_not(
    outside: None, events: Rehearsal, settings: Settings
) -> None:
    settings.SALES_LARGE_ORDER_AMOUNT = 100
    chair = make_product(price="10.00", available=100)
    orders = [buy(LineWish(chair.sku, pieces)) for pieces in (1, 2, 10)]
    events.fail("sales.tell_team", times=1, after=True)
    events.deliver_twice("sales.tell_team")
    assert told() == [
        f"The first order of Someone: {orders[0].number}, 1 piece, £10.00.",
        f"A large order of Someone: {orders[2].number}, 10 pieces, £100.00.",
    ]
    events.assert_done("sales.tell_team", OrderPlaced)


def test_a_large_first_order_is_one_message_and_a_return_another(
    outside: None, events: Rehearsal, settings: Settings
) -> None:
    settings.SALES_LARGE_ORDER_AMOUNT = 10
    order = buy(LineWish(make_product(price="10.00").sku, 2))
    advance(order, "delivered", by="test")
    return_pieces(order, {1: 1}, by="test", reason="broken")
    events.deliver_twice("sales.tell_team")
    assert told() == [
        f"A large first order of Someone: {order.number}, 2 pieces, £20.00.",
        f"Someone returned 1 piece of {order.number}; £10.00 went back.",
    ]


def test_a_message_whose_answer_was_lost_is_sent_again_under_its_key(outside: None, events: Rehearsal) -> None:
    buy(LineWish(make_product().sku, 1))
    simulated.turn("chat", lost_rate=1.0)
    events.deliver("sales.tell_team", retries=False)
    note = SalesNote.objects.get()
    assert (note.sent_at, "not available" in note.error) == (None, True)
    simulated.turn("chat", lost_rate=0.0)
    events.deliver("sales.tell_team")
    assert len(told()) == 1
    note.refresh_from_db()
    assert (note.sent_at is not None, note.error) == (True, "")


def test_a_day_is_told_once_after_its_end(outside: None, events: Rehearsal, settings: Settings) -> None:
    settings.SALES_LARGE_ORDER_AMOUNT = 10_000
    placed_on(DAY, 2)
    cancelled = placed_on(DAY + timedelta(hours=14, minutes=59), 3)
    placed_on(DAY + timedelta(hours=15), 5)  # the next day
    placed_on(DAY - timedelta(hours=9, microseconds=1), 7)  # the day before
    hold(placed_on(DAY - timedelta(days=3), 1).pk, reason="looks odd")
    cancel(cancelled, {1: 1}, by="test")
    cancelled.reversals.update(created_at=DAY)
    assert not end_day(datetime(2026, 3, 3, 6, 59, tzinfo=UTC))
    assert sum(at_once([lambda: end_day(datetime(2026, 3, 3, 7, tzinfo=UTC))] * 4)) == 1
    assert not end_day(datetime(2026, 3, 3, 23, tzinfo=UTC))
    events.assert_emitted(SalesDayEnded, day=DAY.date())
    events.deliver_twice("sales.send_digest")
    assert told() == [
        "Sales of March 2, 2026\n"
        "2 orders, 5 pieces: £50.00\n"
        "Cancelled and returned: 1 piece, £10.00\n"
        "1 order is held and waits for somebody."
    ]
    assert end_day(datetime(2026, 3, 4, 7, tzinfo=UTC))


def test_a_day_without_orders_says_so_in_the_teams_language(
    outside: None, events: Rehearsal, settings: Settings
) -> None:
    settings.SALES_LANGUAGE = "ar"
    end_day(datetime(2026, 3, 3, 8, tzinfo=UTC))
    events.deliver("sales.send_digest")
    assert "2 مارس، 2026" in told()[0]


def test_without_a_chat_the_notes_are_kept() -> None:
    buy(LineWish(make_product().sku, 1))
    assert (SalesNote.objects.get().sent_at, SalesNote.objects.get().error) == (None, "")
