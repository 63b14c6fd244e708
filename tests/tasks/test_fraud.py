"""Suspicious orders are held, with reasons, until a person decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from events.testing import Rehearsal
from shop.errors import CannotAdvance, CardDeclined
from shop.fraud.models import FraudScore
from shop.fraud.rules import SENTENCES, findings
from shop.orders.events import OrderCancelled, OrderHeld, OrderReleased
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, advance, check_out
from shop.payments.provider import Card
from tests.shop.builders import DECLINED_CARD, GOOD_CARD, make_product, staff_user

pytestmark = pytest.mark.django_db(transaction=True)
HOME = {"name": "A", "line1": "1 Street", "city": "London", "postal_code": "N1", "country": "GB"}


def order_of(email: str, price: str, *, card: str = GOOD_CARD, quantity: int = 1) -> Order:
    product = make_product(price=price, available=10_000)
    return check_out(Buyer(email, "Someone"), [LineWish(product.sku, quantity)], Card(card), now=timezone.now())


def addressed(order: Order, **billing: Any) -> Order:
    Order.objects.filter(pk=order.pk).update(shipping_address=HOME, billing_address=HOME | billing)
    return Order.objects.get(pk=order.pk)


def rules(order: Order) -> list[str]:
    return [finding.rule for finding in findings(order)]


@pytest.fixture
def suspicious(events: Rehearsal) -> Order:
    """A first order, expensive, from a free mail address."""
    order = order_of("someone@gmail.com", "5000.00")
    events.deliver_twice()
    return Order.objects.get(pk=order.pk)


def test_a_suspicious_order_is_scored_and_held_once(suspicious: Order, events: Rehearsal) -> None:
    score = FraudScore.objects.get()
    assert (score.points, score.verdict) == (50, "open")
    assert [finding["rule"] for finding in score.findings] == ["first-order-high", "free-mail-high"]
    events.assert_emitted(OrderHeld, order_id=suspicious.pk, reason="Suspected fraud: 50 points")
    with pytest.raises(CannotAdvance, match="it is held"):
        advance(suspicious, "packed", by="test")


def test_an_ordinary_order_is_scored_and_goes_on() -> None:
    order = order_of("someone@gmail.com", "20.00")
    score = FraudScore.objects.get()
    assert (score.points, score.findings, score.verdict) == (0, [], "")
    assert Order.objects.get().held_at is None
    advance(order, "packed", by="test")


@pytest.mark.parametrize("decision", ["accept", "refuse"])
def test_a_person_decides_in_the_admin(
    suspicious: Order, events: Rehearsal, decision: str, client: Client, admin_client: Client
) -> None:
    score = FraudScore.objects.get()
    page = reverse("admin:fraud_fraudscore_change", args=[score.pk])
    shown = admin_client.get(page).content.decode()
    assert "A free mail address (gmail.com) and an order worth £5,000.00." in shown
    action = reverse(f"admin:fraud_fraudscore_{decision}_order", args=[score.pk])
    client.force_login(staff_user("fraud.view_fraudscore"))
    sent = {"_form_submitted": "on"}
    assert client.post(action, sent).status_code == 403
    assert admin_client.post(action, sent).status_code == 302
    assert admin_client.post(action, sent).status_code == 403
    score.refresh_from_db()
    order = Order.objects.get()
    assert (score.verdict, score.reviewed_by[:5]) == ({"accept": "genuine", "refuse": "fraud"}[decision], "user:")
    if decision == "accept":
        events.assert_emitted(OrderReleased, order_id=order.pk)
        assert advance(order, "packed", by="test").status == "packed"
    else:
        events.assert_emitted(OrderCancelled, order_id=order.pk, whole=True)
        assert (order.status, order.reversals.get().reason) == ("cancelled", "")  # which the customer can read


def test_each_rule_sees_what_it_is_for_and_says_so(settings: Settings) -> None:
    settings.FRAUD_HIGH_AMOUNT = 1000.0
    for _ in range(3):
        usual = order_of("regular@example.com", "300.00")
    assert rules(usual) == []
    assert rules(order_of("regular@example.com", "1200.00")) == []
    assert rules(order_of("regular@example.com", "5000.00")) == ["far-above-usual"]
    assert rules(addressed(usual, country="FR")) == ["other-country"]
    assert rules(addressed(usual, name="B", line1="2 Street", postal_code="E2")) == ["other-recipient"]
    assert rules(addressed(usual, name="B")) == []
    assert rules(order_of("regular@example.com", "6.00", quantity=300)) == ["far-above-usual", "many-pieces"][1:]
    for _ in range(3):
        with pytest.raises(CardDeclined):
            order_of("tries@example.com", "10.00", card=DECLINED_CARD)
    assert rules(order_of("tries@example.com", "10.00")) == ["declined-cards"]
    for _ in range(10):
        last = order_of("busy@example.com", "10.00")
    assert rules(last) == ["many-orders"]
    last.placed_at += timedelta(hours=2)
    assert rules(last) == []
    stored = {finding["rule"] for score in FraudScore.objects.all() for finding in score.findings}
    assert stored <= SENTENCES.keys()
