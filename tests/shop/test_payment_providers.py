"""The payment provider's promises: one contract, held by the simulated provider and by Stripe's client."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from djmoney.money import Money
from pytest_django import Settings

from shop.errors import CardDeclined, ChargeKeyClosed, PaymentNotConfigured, PaymentUnavailable, RefundRefused
from shop.payments.models import Payment, StripeIntent
from shop.payments.operations import charge, close_key, refund
from shop.payments.provider import Card
from tests.servers import free_port
from tests.shop import localstripe
from tests.shop.builders import DECLINED_CARD, GOOD_CARD, at_once

pytestmark = pytest.mark.django_db(transaction=True)
TEN = Money("10.00", "GBP")
BANK_DECLINES, BANK_ASKS = "4000000000000341", "4000002500003155"  # as localstripe understands them


@dataclass(frozen=True)
class Provider:
    """What the contract needs to know about one."""

    good: Card
    bad: Card
    unknown_charge: str


@pytest.fixture(scope="module")
def stripe_url() -> Iterator[str]:
    with localstripe.running() as url:
        yield url


@pytest.fixture
def stripe(settings: Settings, stripe_url: str) -> Callable[[str], Card]:
    """Pay through localstripe; makes a card of a number."""
    settings.PAYMENT_PROVIDER = "shop.payments.stripe.StripeProvider"
    settings.STRIPE_API_KEY, settings.STRIPE_API_URL = localstripe.KEY, stripe_url
    return lambda number: Card(localstripe.payment_method(stripe_url, number))


@pytest.fixture(params=["simulated", "stripe"])
def provider(request: pytest.FixtureRequest) -> Provider:
    if request.param == "simulated":
        return Provider(Card(GOOD_CARD), Card(DECLINED_CARD), "ch_4711")
    card = request.getfixturevalue("stripe")
    return Provider(card(GOOD_CARD), card(BANK_DECLINES), "pi_4711")


@pytest.fixture
def key() -> str:
    return str(uuid4())


def test_one_key_charges_once_even_when_used_eight_times_at_once(provider: Provider, key: str) -> None:
    charges = at_once([lambda: charge(TEN, provider.good, key)] * 8)
    assert {type(one).__name__ for one in charges} == {"Charge"}, charges
    assert len({one.id for one in charges}) == 1
    assert close_key(key) == charges[0]
    entry = Payment.objects.get()
    assert (entry.outcome, entry.amount, entry.provider_id) == ("charged", TEN, charges[0].id)


def test_a_declined_card_stays_declined_for_its_key(provider: Provider, key: str) -> None:
    for card in (provider.bad, provider.good):
        with pytest.raises(CardDeclined) as caught:
            charge(TEN, card, key)
        assert caught.value.reason == "declined"
    assert close_key(key) is None
    assert Payment.objects.get().outcome == "declined"


def test_a_key_that_was_closed_never_charges(provider: Provider, key: str) -> None:
    assert close_key(key) is None
    with pytest.raises(ChargeKeyClosed):
        charge(TEN, provider.good, key)
    assert close_key(key) is None
    assert Payment.objects.get().outcome == "closed"


def test_charging_and_closing_at_once_agree_on_the_outcome(provider: Provider) -> None:
    for _turn in range(6):
        key = str(uuid4())
        charged, found = at_once([lambda: charge(TEN, provider.good, key), lambda: close_key(key)])  # noqa: B023
        assert (found is None) == isinstance(charged, ChargeKeyClosed), (charged, found)
        assert (close_key(key) is None) == (found is None)


def test_one_key_refunds_once_however_often_it_is_asked(provider: Provider, key: str) -> None:
    charged = charge(TEN, provider.good, key)
    first = [refund(charged.id, Money("6.00", "GBP"), f"{key}:1") for _time in range(3)]
    second = refund(charged.id, Money("4.00", "GBP"), f"{key}:2")
    assert len({*first, second}) == 2
    assert list(Payment.objects.filter(kind="refund").values_list("outcome", flat=True)) == ["refunded"] * 2


def test_a_charge_nobody_made_is_not_refunded(provider: Provider, key: str) -> None:
    for charge_id in (provider.unknown_charge, "something"):
        with pytest.raises(RefundRefused):
            refund(charge_id, TEN, key)
    assert Payment.objects.get().outcome == "refused"


@pytest.mark.parametrize("name", ["SIMULATED_URL", "STRIPE_API_URL"])
def test_a_provider_that_cannot_be_reached_is_unavailable_and_nothing_is_decided(
    settings: Settings, key: str, name: str
) -> None:
    if name == "STRIPE_API_URL":
        settings.PAYMENT_PROVIDER, settings.STRIPE_API_KEY = "shop.payments.stripe.StripeProvider", localstripe.KEY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, name, f"http://127.0.0.1:{free_port()}")
        with pytest.raises(PaymentUnavailable):
            charge(TEN, Card(GOOD_CARD), key)
        with pytest.raises(PaymentUnavailable):
            refund("pi_1", TEN, f"{key}:1")
    assert set(Payment.objects.values_list("outcome", flat=True)) == {"unknown"}


def test_a_crash_between_creating_and_confirming_an_intent_is_ended_by_closing_the_key(
    stripe: Callable[[str], Card], stripe_url: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_row: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("shop.payments.stripe._confirm", dies)
        with pytest.raises(SystemExit):
            charge(TEN, stripe(GOOD_CARD), key)
    assert close_key(key) is None
    with pytest.raises(ChargeKeyClosed):
        charge(TEN, stripe(GOOD_CARD), key)
    intent_id = StripeIntent.objects.get().intent_id
    assert [one["status"] for one in localstripe.intents(stripe_url) if one["id"] == intent_id] == ["canceled"]


def test_a_bank_that_asks_its_customer_counts_as_declined(stripe: Callable[[str], Card], key: str) -> None:
    with pytest.raises(CardDeclined, match="bank"):
        charge(TEN, stripe(BANK_ASKS), key)
    assert close_key(key) is None


def test_a_card_number_never_goes_to_stripe(settings: Settings, key: str) -> None:
    settings.PAYMENT_PROVIDER, settings.STRIPE_API_KEY = "shop.payments.stripe.StripeProvider", localstripe.KEY
    settings.STRIPE_API_URL = f"http://127.0.0.1:{free_port()}"  # would be unavailable
    with pytest.raises(CardDeclined):
        charge(TEN, Card("5555555555554444"), key)


@pytest.mark.parametrize(
    ("provider_name", "empty", "missing"),
    [
        ("simulated.SimulatedProvider", "SIMULATED_URL", "SIMULATED_URL is not set"),
        ("stripe.StripeProvider", "STRIPE_API_KEY", "STRIPE_API_KEY is not set"),
    ],
)
def test_what_is_not_configured_says_what_is_missing(
    settings: Settings, key: str, provider_name: str, empty: str, missing: str
) -> None:
    settings.PAYMENT_PROVIDER = f"shop.payments.{provider_name}"
    setattr(settings, empty, "")
    with pytest.raises(PaymentNotConfigured, match=missing):
        charge(TEN, Card(GOOD_CARD), key)


def test_without_the_package_stripe_says_how_to_install_it(
    settings: Settings, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_PROVIDER, settings.STRIPE_API_KEY = "shop.payments.stripe.StripeProvider", "sk_test_other"
    monkeypatch.setitem(__import__("sys").modules, "stripe", None)
    with pytest.raises(PaymentNotConfigured, match=r"backroom\[stripe\]"):
        charge(TEN, Card(GOOD_CARD), key)
