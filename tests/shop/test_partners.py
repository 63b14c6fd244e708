"""Partners get their share of what their customers keep, and the network hears of each change once, signed."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from events.testing import Rehearsal
from shop.errors import OutsideRefused
from shop.orders.events import OrderCancelled, OrderPaid
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, return_pieces
from shop.outside.signing import signature
from shop.partners.models import Conversion, Partner
from tests import simulated
from tests.shop.builders import buy, make_product
from tests.shop.connections import outside
from tests.shop.elsewhere import Said, elsewhere

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
NAME = "partners.report_conversion"


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(code="lamp-blog", name="The lamp blog", commission_percent=Decimal("3.33"))


def bought(quantity: int = 3, affiliate: str = "lamp-blog") -> Order:
    """An order of pieces at 9.99 that came through a link; nothing is delivered yet."""
    order = buy(LineWish(make_product(price="9.99").sku, quantity))
    Order.objects.filter(pk=order.pk).update(affiliate=affiliate)
    return order


def reported() -> list[dict[str, Any]]:
    """What the network was told, the oldest first."""
    return list(reversed(simulated.ask("GET", "/affiliate/conversions")["conversions"]))


def test_a_sale_is_reported_once_with_its_commission(outside: None, partner: Partner, events: Rehearsal) -> None:
    order = bought()
    events.fail(NAME, times=2, after=True)
    events.deliver_twice(NAME)
    (told,) = reported()
    assert told | {"conversion_id": ""} == {
        "conversion_id": "",
        "kind": "conversion",
        "partner": "lamp-blog",
        "order_number": order.number,
        "amount": "29.97",
        "commission": "1.00",
        "currency": "GBP",
    }
    assert Conversion.objects.get().reported_at is not None


def test_what_is_taken_back_in_parts_takes_the_whole_commission_back_to_the_penny(
    outside: None, partner: Partner, events: Rehearsal
) -> None:
    order = bought()
    events.deliver(NAME)
    Partner.objects.update(commission_percent=50)  # the rate of then counts
    cancel(order, {1: 1}, by="test")
    advance(order, "delivered", by="test")
    return_pieces(order, {1: 1}, by="test", reason="broken")
    events.deliver_twice(NAME)
    return_pieces(order, None, by="test", reason="all of them")
    events.deliver_twice(NAME)
    assert [(one["kind"], one["amount"], one["commission"]) for one in reported()] == [
        ("conversion", "29.97", "1.00"),
        ("reversal", "-9.99", "-0.33"),
        ("reversal", "-9.99", "-0.34"),
        ("reversal", "-9.99", "-0.33"),
    ]
    assert sum(one.commission.amount for one in Conversion.objects.all()) == 0


@pytest.mark.parametrize("code", ["", "unknown", "asleep"])
def test_an_order_that_no_active_partner_brought_is_nobodys(
    outside: None, partner: Partner, events: Rehearsal, code: str
) -> None:
    Partner.objects.create(code="asleep", name="Asleep", is_active=False)
    cancel(bought(affiliate=code), by="test")
    events.deliver(NAME)
    events.assert_done(NAME)
    assert (reported(), Conversion.objects.count()) == ([], 0)


def test_nothing_is_taken_back_before_it_was_given(outside: None, partner: Partner, events: Rehearsal) -> None:
    simulated.turn("affiliate", error_rate=1.0)
    order = bought()
    events.deliver(NAME, retries=False)
    cancel(order, by="test")
    events.deliver(NAME, retries=False)
    assert [one.kind for one in Conversion.objects.all()] == ["conversion"]
    simulated.turn("affiliate", error_rate=0.0)
    events.deliver(NAME)
    assert [one["kind"] for one in reported()] == ["conversion", "reversal"]
    events.assert_done(NAME, OrderCancelled)


def test_a_report_is_signed_and_a_wrong_secret_makes_a_dead_letter_that_can_be_replayed(
    outside: None, partner: Partner, events: Rehearsal, settings: Settings
) -> None:
    secret, settings.AFFILIATE_SECRET = settings.AFFILIATE_SECRET, "another"
    bought()
    events.deliver(NAME)
    events.assert_dead(NAME, OrderPaid, error=OutsideRefused)
    assert "wrong_signature" in Conversion.objects.get().error
    settings.AFFILIATE_SECRET = secret
    events.replay(NAME)
    assert len(reported()) == 1
    with elsewhere(lambda asked: Said(202)) as place:
        settings.AFFILIATE_URL = place.url
        bought()
        events.deliver(NAME)
    (asked,) = place.asked
    assert asked.headers["X-Signature"] == signature(asked.body, secret)


def test_without_a_network_the_partners_still_have_their_ledger(partner: Partner, events: Rehearsal) -> None:
    cancel(bought(), {1: 1}, by="test")
    events.deliver(NAME)
    entries = [(one.amount.amount, one.reported_at) for one in Conversion.objects.order_by("id")]
    assert entries == [(Decimal("29.97"), None), (Decimal("-9.99"), None)]


@pytest.mark.parametrize("code", ["a b", "a/b", "كود", "a\n", ""])
def test_a_code_is_what_stands_in_a_link(code: str) -> None:
    with pytest.raises(ValidationError):
        Partner(code=code, name="Somebody").full_clean()
