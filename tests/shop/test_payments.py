"""The simulated payment provider, and the one door to it."""

import logging
import threading
from uuid import uuid4

import pytest
from django.db import transaction
from djmoney.money import Money
from pytest_django import Settings

from shop.errors import CardDeclined, ChargeKeyClosed, OutsideInsideTransaction, PaymentUnavailable, RefundRefused
from shop.payments.models import Payment
from shop.payments.operations import charge, close_key, refund
from shop.payments.provider import Card
from tests import simulated
from tests.shop.builders import ANSWER_LOST_CARD, DECLINED_CARD, FAILING_CARD, GOOD_CARD, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
TEN = Money("10.00", "GBP")
SLOW_CARD, LATE_CARD, FAILS_AFTERWARDS_CARD, SILENT_CARD = (
    "4000000000003220", "4000000000003063", "4000000000006975", "4000000000005423",
)  # fmt: skip


def test_one_key_charges_once_even_when_used_twenty_times_at_once() -> None:
    charges = at_once([lambda: charge(TEN, Card(GOOD_CARD), "key")] * 20)
    assert len({charge.id for charge in charges}) == 1
    assert len(simulated.charges()) == Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (DECLINED_CARD, "declined"),
        ("4000000000009995", "insufficient-funds"),
        ("4000000000000069", "expired-card"),
        ("5555555555554444", "not-a-test-card"),
    ],
)
def test_a_declined_card_says_why_and_stays_declined_for_its_key(number: str, reason: str) -> None:
    for card in (number, GOOD_CARD):
        with pytest.raises(CardDeclined) as caught:
            charge(TEN, Card(card), "key")
        assert caught.value.reason == reason


@pytest.mark.parametrize("number", [SLOW_CARD, LATE_CARD])
def test_a_slow_card_is_charged_after_a_while(number: str) -> None:
    simulated.turn("general", slow_seconds=0.05)
    assert charge(TEN, Card(number), "key").amount == TEN
    assert simulated.calls("payments")[0]["milliseconds"] >= 50


@pytest.mark.parametrize(
    ("number", "is_charged"),
    [(FAILING_CARD, False), (SILENT_CARD, False), (ANSWER_LOST_CARD, True), (FAILS_AFTERWARDS_CARD, True)],
)
def test_closing_a_key_tells_whether_it_was_charged_when_no_good_answer_came(number: str, is_charged: bool) -> None:
    simulated.turn("general", silence_seconds=0.01)
    with pytest.raises(PaymentUnavailable):
        charge(TEN, Card(number), "key")
    assert Payment.objects.get().outcome == "unknown"
    assert (close_key("key") is not None) is is_charged
    assert Payment.objects.get().outcome == ("charged" if is_charged else "closed")


def test_a_provider_that_thinks_for_too_long_is_not_waited_for_and_its_key_is_closed(settings: Settings) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.05
    simulated.turn("general", slow_seconds=0.5)
    with pytest.raises(PaymentUnavailable):
        charge(TEN, Card(SLOW_CARD), "key")
    settings.PAYMENT_TIMEOUT_SECONDS = 5
    assert close_key("key") is None
    with pytest.raises(ChargeKeyClosed):
        charge(TEN, Card(GOOD_CARD), "key")
    assert simulated.charges() == []


def test_charging_and_closing_at_once_agree_on_the_outcome() -> None:
    for _turn in range(10):
        key = str(uuid4())
        charged, found = at_once([lambda: charge(TEN, Card(GOOD_CARD), key), lambda: close_key(key)])  # noqa: B023
        assert (found is None) == isinstance(charged, ChargeKeyClosed)


def test_one_key_refunds_once_and_never_more_than_was_charged() -> None:
    charged = charge(TEN, Card(GOOD_CARD), "key")
    refunds = at_once([lambda: refund(charged.id, Money("6.00", "GBP"), "refund-1")] * 8)
    assert len(set(refunds)) == 1
    with pytest.raises(RefundRefused):
        refund(charged.id, Money("5.00", "GBP"), "refund-2")
    assert refund(charged.id, Money("4.00", "GBP"), "refund-3")
    assert len(simulated.refunds()) == 2
    assert sorted(Payment.objects.values_list("kind", "outcome")) == [
        ("charge", "charged"), ("refund", "refunded"), ("refund", "refunded"), ("refund", "refused"),
    ]  # fmt: skip


def test_a_refund_whose_answer_was_lost_is_made_once() -> None:
    charged = charge(TEN, Card(GOOD_CARD), "key")
    simulated.turn("payments", lost_rate=1)
    with pytest.raises(PaymentUnavailable):
        refund(charged.id, TEN, "refund")
    simulated.turn("payments", lost_rate=0)
    assert refund(charged.id, TEN, "refund") == simulated.refunds()[0]["id"]
    assert len(simulated.refunds()) == 1


def test_the_provider_is_never_called_inside_a_transaction() -> None:
    with transaction.atomic():
        for call in (
            lambda: charge(TEN, Card(GOOD_CARD), "key"),
            lambda: refund("ch_1", TEN, "key"),
            lambda: close_key("key"),
        ):
            with pytest.raises(OutsideInsideTransaction, match="before or after"):
                call()
    assert simulated.calls("payments") == []


def test_only_the_last_four_digits_of_a_card_are_kept_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    charge(TEN, Card(GOOD_CARD), "key")
    assert simulated.charges()[0]["last_four"] == Payment.objects.get().card_last_four == "4242"
    seen = repr(Card(GOOD_CARD)) + repr(simulated.calls("payments")) + repr(simulated.charges()) + caplog.text
    assert GOOD_CARD not in seen


def test_connections_stay_open_so_that_a_charge_is_quick() -> None:
    charge(TEN, Card(GOOD_CARD), "first")
    before = threading.active_count()
    for _charge in range(20):
        charge(TEN, Card(GOOD_CARD), str(uuid4()))
    quickest = min(call["milliseconds"] for call in simulated.calls("payments"))
    assert quickest < 20
    assert threading.active_count() == before
