"""Timers of orders: durable, once, and only for what was kept."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from events.testing import Rehearsal
from shop.customers.models import Customer
from shop.followups.events import FollowUpDue
from shop.followups.models import FollowUp
from shop.followups.operations import plan, ring
from shop.orders.models import Order
from shop.orders.operations import LineWish, cancel, hold, release
from tests.shop.builders import at_once, buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


@pytest.fixture
def order(events: Rehearsal) -> Order:
    """Two products, whose receipt was sent."""
    lines = (LineWish(make_product(en="Ash chair").sku, 2), LineWish(make_product(en="Oak desk").sku, 1))
    order = buy(*lines)
    events.deliver_twice()
    mail.outbox.clear()
    return order


def after(days: float) -> int:
    return ring(now=NOW + timedelta(days=days))


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def states() -> list[str]:
    return list(FollowUp.objects.order_by("kind").values_list("state", flat=True))


def test_an_order_is_thanked_for_and_asked_about_once_at_its_time(order: Order, events: Rehearsal) -> None:
    assert [after(2.9), after(3.1), after(3.2), after(13.9)] == [0, 1, 0, 0]
    events.assert_emitted(FollowUpDue, order_id=order.pk, kind="thanks")
    events.deliver_twice()
    assert subjects() == [f"Thank you for your order {order.number}"]
    cancel(order, {1: 2}, by="test")  # the chairs; the desk was kept
    assert after(14.1) == 1
    for _ in range(3):
        events.deliver_twice()
    events.replay("followups.send", outcomes=frozenset({"done"}))
    assert subjects()[1:] == ["How do you like it?"]
    assert "Oak desk" in mail.outbox[1].body
    assert "Ash chair" not in mail.outbox[1].body
    assert mail.outbox[1].extra_headers["List-Unsubscribe"][1:-1] in mail.outbox[1].body
    assert states() == ["sent", "sent"]


def test_what_was_due_while_nothing_ran_comes_once_although_many_ring_at_the_same_time(order: Order) -> None:
    for _ in range(9):
        buy(LineWish(make_product().sku, 1))
    for one in Order.objects.all():
        plan(one.pk, NOW)
    counts = at_once([lambda: ring(now=NOW + timedelta(days=60), batch=3)] * 4)
    assert sum(counts) == 20
    assert FollowUp.objects.filter(state="due").count() == 20


def test_a_cancelled_order_is_not_thanked_for_even_if_its_timer_was_set_or_rang_too_late(
    order: Order, events: Rehearsal
) -> None:
    assert after(4) == 1
    cancel(order, by="test")
    events.deliver("followups.send")  # before followups.drop
    assert states() == ["dropped", "dropped"]
    events.deliver()
    FollowUp.objects.all().delete()
    plan(order.pk, NOW)
    assert [FollowUp.objects.count(), after(60), len([one for one in subjects() if "Thank" in one])] == [0, 0, 0]


def test_a_cancellation_stops_the_timers(order: Order, events: Rehearsal) -> None:
    cancel(order, by="test")
    events.deliver_twice()
    assert [states(), after(60)] == [["dropped", "dropped"], 0]


def test_a_held_order_waits_and_who_unsubscribed_hears_nothing(order: Order, events: Rehearsal) -> None:
    hold(order.pk, reason="odd")
    assert after(4) == 0
    release(order.pk, by="test")
    Customer.objects.update(unsubscribed_at=NOW)
    assert after(4) == 1
    events.deliver()
    assert [states(), subjects()] == [["dropped", "dropped"], []]


def test_a_mail_that_could_not_be_sent_is_sent_by_a_replay(order: Order, events: Rehearsal) -> None:
    after(4)
    events.fail("followups.send", times=100, error=ConnectionRefusedError("no mail server"))
    events.deliver()
    events.assert_dead("followups.send", FollowUpDue, error="no mail server")
    events.fail("followups.send", times=0)
    events.replay("followups.send")
    assert len(subjects()) == 1


def test_a_mail_that_is_not_wanted_has_no_timer(events: Rehearsal, settings: Settings) -> None:
    settings.FOLLOWUP_REVIEW_DAYS = 0
    buy(LineWish(make_product().sku, 1))
    events.deliver()
    assert [timer.kind for timer in FollowUp.objects.all()] == ["thanks"]
