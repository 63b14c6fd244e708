"""The payment provider's promises, held by the simulated one."""

import pytest
from django.db import transaction
from djmoney.money import Money
from pytest_django import Settings

from shop.errors import (
    CardDeclined,
    ChargeKeyClosed,
    PaymentInsideTransaction,
    PaymentUnavailable,
    RefundRefused,
)
from shop.payments.models import SimulatedCharge, SimulatedRefund
from shop.payments.operations import charge, close_key, refund
from shop.payments.provider import Card
from tests.shop.builders import ANSWER_LOST_CARD, DECLINED_CARD, FAILING_CARD, GOOD_CARD, at_once

pytestmark = pytest.mark.django_db(transaction=True)
TEN = Money("10.00", "GBP")


def test_one_key_charges_once_even_when_used_twenty_times_at_once() -> None:
    charges = at_once([lambda: charge(TEN, Card(GOOD_CARD), "key")] * 20)
    assert len({charge.id for charge in charges}) == 1
    assert SimulatedCharge.objects.count() == 1


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


def test_a_slow_card_is_charged_after_a_while(settings: Settings) -> None:
    settings.SIMULATED_PAYMENT_SLOW_SECONDS = 0.01
    assert charge(TEN, Card("4000000000003220"), "key").amount == TEN


def test_a_key_that_was_closed_never_charges() -> None:
    assert close_key("key") is None
    with pytest.raises(ChargeKeyClosed):
        charge(TEN, Card(GOOD_CARD), "key")
    assert close_key("key") is None


def test_closing_a_key_tells_of_a_charge_whose_answer_was_lost() -> None:
    with pytest.raises(PaymentUnavailable):
        charge(TEN, Card(ANSWER_LOST_CARD), "lost")
    assert close_key("lost").amount == TEN
    with pytest.raises(PaymentUnavailable):
        charge(TEN, Card(FAILING_CARD), "failed")
    assert close_key("failed") is None


def test_charging_and_closing_at_once_agree_on_the_outcome() -> None:
    for number in range(10):
        key = f"key-{number}"
        charged, found = at_once([lambda: charge(TEN, Card(GOOD_CARD), key), lambda: close_key(key)])  # noqa: B023
        assert (found is None) == isinstance(charged, ChargeKeyClosed)


def test_one_key_refunds_once_and_never_more_than_was_charged() -> None:
    charged = charge(TEN, Card(GOOD_CARD), "key")
    refunds = at_once([lambda: refund(charged.id, Money("6.00", "GBP"), "refund-1")] * 8)
    assert len(set(refunds)) == 1
    with pytest.raises(RefundRefused):
        refund(charged.id, Money("5.00", "GBP"), "refund-2")
    assert refund(charged.id, Money("4.00", "GBP"), "refund-3")
    assert SimulatedRefund.objects.count() == 2


def test_a_charge_nobody_made_is_not_refunded() -> None:
    for charge_id in ("ch_4711", "", "something"):
        with pytest.raises(RefundRefused):
            refund(charge_id, TEN, "key")


def test_the_provider_is_never_called_inside_a_transaction() -> None:
    with transaction.atomic():
        for call in (
            lambda: charge(TEN, Card(GOOD_CARD), "key"),
            lambda: refund("ch_1", TEN, "key"),
            lambda: close_key("key"),
        ):
            with pytest.raises(PaymentInsideTransaction, match="before or after"):
                call()
    assert SimulatedCharge.objects.count() == 0


def test_only_the_last_four_digits_of_a_card_are_kept_or_shown() -> None:
    charge(TEN, Card(GOOD_CARD), "key")
    assert SimulatedCharge.objects.get().card_last_four == "4242"
    assert GOOD_CARD not in repr(Card(GOOD_CARD))
