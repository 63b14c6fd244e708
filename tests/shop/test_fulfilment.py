"""The fulfilment: allocate, label, capture, ship; and when a step cannot be made, nothing is left of the others."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from events.api import SagaView, cancel_saga, sagas_of
from events.models import SagaStep
from events.testing import Rehearsal
from shop.carrier.models import Label
from shop.errors import CannotAdvance
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, check_out, hold, release
from shop.orders.operations.checkout import Buyer
from shop.orders.operations.drafting import Details
from shop.outside.signing import signature
from shop.payments.entries import balance
from shop.payments.models import Payment
from shop.payments.provider import Card
from shop.warehouse.models import Shipment
from shop.warehouse.reports import Report, record_report
from tasks.fulfilment import Fulfilment
from tests import simulated
from tests.shop.builders import BUYER, GOOD_CARD, available, make_product
from tests.shop.connections import outside
from tests.shop.elsewhere import Said, elsewhere

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
NEVER_CAPTURED_CARD = "4000000000007635"
HOME = {"name": "Mona", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"}
STEPS = ["accept", "allocate", "label", "capture", "ship", "shipped"]


@pytest.fixture(autouse=True)
def captured_at_shipping(outside: None, settings: Settings) -> None:
    settings.PAYMENT_CAPTURE = "fulfilment"


def order_to(place: dict[str, str], *wishes: LineWish, card: str = GOOD_CARD, buyer: Buyer = BUYER) -> Order:
    made = check_out(buyer, wishes, Card(card), now=timezone.now(), details=Details(shipping_address=place))
    made.refresh_from_db()
    return made


def saga(order: Order) -> SagaView:
    (found,) = sagas_of(f"order-{order.pk}")
    return found


def done(order: Order, direction: str = "action") -> list[str]:
    """Steps that are done, in their order."""
    steps = SagaStep.objects.filter(saga__key=f"order-{order.pk}", direction=direction, state="done")
    return list(steps.order_by("settled_version").values_list("step", flat=True))


def shipments() -> list[dict[str, Any]]:
    return list(reversed(simulated.ask("GET", "/warehouse/shipments")["shipments"]))


def labels() -> list[dict[str, Any]]:
    return list(reversed(simulated.ask("GET", "/carrier/labels")["labels"]))


def tell_what_the_warehouse_tells() -> None:
    """The webhooks that wait there, as they are."""
    for one in simulated.callbacks():
        if one["service"] == "warehouse":
            header = {"HTTP_X_SIGNATURE": signature(one["body"].encode(), "warehouse-secret-of-the-tests")}
            APIClient().generic("POST", one["path"], one["body"].encode(), "application/json", **header)


def ship_there(**more: Any) -> None:
    """Somebody in the warehouse packs and ships the last shipment."""
    simulated.ask("POST", f"/warehouse/shipments/{shipments()[-1]['shipment_id']}/advance", {"state": "shipped"} | more)
    tell_what_the_warehouse_tells()


def test_an_order_is_allocated_labelled_captured_and_shipped_with_the_number_of_its_label() -> None:
    order = order_to(HOME, LineWish(make_product(price="10.00").sku, 2))
    assert done(order) == STEPS[:-1]
    (label,), (charge,) = labels(), simulated.charges()
    assert (label["state"], label["reference"], charge["captured"]) == ("bought", order.number, "20.00")
    ship_there()
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == ("shipped", label["tracking_number"])
    assert (saga(order).state, done(order)) == ("completed", STEPS)
    assert balance(order.charge_id) == Decimal("20.00")
    assert [one.outcome for one in Payment.objects.order_by("id")] == ["charged", "captured"]


def test_the_checkout_only_reserves_and_the_warehouse_waits_until_the_money_is_taken(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    assert (order.status, order.captured_at) == ("paid", None)
    assert [one.outcome for one in Payment.objects.all()] == ["authorised"]
    events.deliver("fulfilment.begin", *(f"sagas.fulfilment.{name}" for name in STEPS[:3]))
    with pytest.raises(AssertionError, match="waits_for_the_shop"):
        ship_there()
    with pytest.raises(CannotAdvance, match="not captured yet"):
        advance(order, "shipped", by="test")
    events.deliver_twice()
    assert [call["path"] for call in simulated.calls("payments") if "capture" in call["path"]] == [
        f"charges/{order.charge_id}/capture"
    ]
    ship_there()


@pytest.mark.parametrize(
    ("place", "card", "tried"),
    [({**HOME, "country": "AQ"}, GOOD_CARD, STEPS[:2]), (HOME, NEVER_CAPTURED_CARD, STEPS[:3])],
)
def test_a_step_that_is_refused_undoes_the_others_and_cancels_the_order_with_a_mail(
    place: dict[str, str], card: str, tried: list[str]
) -> None:
    product = make_product(available=5)
    order = order_to(place, LineWish(product.sku, 2), card=card)
    assert (saga(order).state, done(order)) == ("compensated", tried)
    assert (order.status, available(product)) == ("cancelled", 5)
    assert [one["state"] for one in shipments()] == ["cancelled"]
    assert {one["state"] for one in labels()} <= {"voided"}
    assert Label.objects.get().state in ("voided", "refused")
    assert ([one["status"] for one in simulated.refunds()], simulated.charges()[0]["captured"]) == (["released"], "")
    assert (balance(order.charge_id), Payment.objects.get(kind="charge").outcome) == (0, "released")
    letter = mail.outbox[-1]
    assert letter.subject == f"Your order {order.number} was cancelled"
    assert "was not charged" in letter.body
    assert "List-Unsubscribe" not in letter.extra_headers


def test_an_arab_is_told_in_arabic() -> None:
    buyer = Buyer(email="mona@example.com", name="منى", language="ar")
    order = order_to({**HOME, "country": "AQ"}, LineWish(make_product().sku, 1), buyer=buyer)
    letter = mail.outbox[-1]
    assert order.number in letter.subject
    assert letter.to == ["mona@example.com"]
    (page, _kind), *_ = letter.alternatives  # type: ignore[attr-defined]
    assert 'dir="rtl"' in page


def test_a_label_whose_purchase_was_never_answered_is_voided_all_the_same(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    events.deliver("fulfilment.begin", *(f"sagas.fulfilment.{name}" for name in STEPS[:2]))
    simulated.turn("carrier", lost_rate=1)
    events.deliver("sagas.fulfilment.label")
    simulated.turn("carrier", lost_rate=0)
    assert [one["state"] for one in labels()] == ["bought"]
    events.deliver()
    assert [one["state"] for one in labels()] == ["voided"]
    order.refresh_from_db()
    assert (saga(order).state, order.status) == ("compensated", "cancelled")


def test_a_capture_whose_answer_was_never_heard_is_refunded_and_the_books_say_so(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product(price="10.00").sku, 1))
    events.deliver("fulfilment.begin", *(f"sagas.fulfilment.{name}" for name in STEPS[:3]))
    simulated.turn("payments", lost_rate=1)
    events.deliver("sagas.fulfilment.capture")
    simulated.turn("payments", lost_rate=0)
    assert Payment.objects.get(kind="capture").outcome == "unknown"
    events.deliver()
    order.refresh_from_db()
    assert (saga(order).state, order.status) == ("compensated", "cancelled")
    assert [one["status"] for one in simulated.refunds()] == ["succeeded"]
    assert simulated.charges()[0]["captured"] == "10.00"
    assert [(one.kind, one.outcome) for one in Payment.objects.order_by("id")] == [
        ("charge", "charged"), ("capture", "captured"), ("refund", "refunded"),
    ]  # fmt: skip
    assert balance(order.charge_id) == 0


def test_a_customer_who_cancels_stops_it_and_gets_the_money_back_once(events: Rehearsal) -> None:
    product = make_product(available=3)
    order = order_to(HOME, LineWish(product.sku, 2))
    events.deliver()
    assert done(order) == STEPS[:-1]
    outbox = len(mail.outbox)
    cancel(order, by="user:1", before_packing=True)
    events.deliver_twice()
    assert (saga(order).state, done(order, "compensation")) == ("compensated", ["label", "allocate", "accept"])
    assert ([one["state"] for one in labels()], available(product)) == (["voided"], 3)
    assert [one["state"] for one in shipments()] == ["cancelled"]
    assert [(one["status"], one["amount"]) for one in simulated.refunds()] == [("succeeded", "20.00")]
    assert [one for one in mail.outbox[outbox:] if "was cancelled" in one.subject] == []


def test_an_order_that_was_cancelled_first_is_never_begun(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    cancel(order, by="user:1")
    events.deliver()
    assert sagas_of(f"order-{order.pk}") == []
    assert (labels(), shipments()) == ([], [])


def test_what_is_cancelled_before_the_capture_is_not_captured_and_what_is_left_is_sent(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product(price="10.00").sku, 3))
    events.deliver("fulfilment.begin", *(f"sagas.fulfilment.{name}" for name in STEPS[:3]))
    cancel(order, {1: 1}, by="user:1")
    events.deliver()
    cancel(order, {1: 1}, by="user:1")
    events.deliver()
    assert (simulated.charges()[0]["captured"], balance(order.charge_id)) == ("20.00", Decimal("10.00"))
    assert [(one["status"], one["amount"]) for one in reversed(simulated.refunds())] == [
        ("released", "10.00"), ("succeeded", "10.00"),
    ]  # fmt: skip
    ship_there()
    events.deliver()
    order.refresh_from_db()
    assert (order.status, saga(order).state) == ("shipped", "completed")
    assert [one["state"] for one in shipments()] == ["cancelled", "cancelled", "shipped"]


def test_a_held_order_waits_and_goes_on_when_it_is_released(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    hold(order.pk, reason="looks odd")
    events.deliver()
    assert (done(order), labels(), shipments()) == (["accept"], [], [])
    release(order.pk, by="test")
    events.deliver()
    assert done(order) == STEPS[:-1]


def test_an_order_that_is_held_for_too_long_is_called_off(events: Rehearsal, settings: Settings) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    hold(order.pk, reason="looks odd")
    settings.FULFILMENT_HOLD_DAYS = 0
    events.deliver()
    order.refresh_from_db()
    assert (saga(order).state, order.status) == ("compensated", "cancelled")
    assert "nobody released it" in saga(order).reason
    assert order.reversals.get().reason == ""  # which the customer can read


def test_an_order_whose_fulfilment_is_given_up_before_it_began_is_called_off(events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    events.deliver("fulfilment.begin")
    with transaction.atomic():
        assert cancel_saga(Fulfilment, key=f"order-{order.pk}", reason="nobody there")
    events.deliver()
    order.refresh_from_db()
    assert (saga(order).state, order.status, shipments()) == ("compensated", "cancelled", [])


def test_staff_who_ship_it_another_way_leave_no_label_behind(settings: Settings) -> None:
    settings.WAREHOUSE_URL = ""
    order = order_to(HOME, LineWish(make_product().sku, 1))
    assert done(order) == STEPS[:-1]
    advance(order, "shipped", by="test", carrier="Own van", tracking_number="")
    assert (saga(order).state, [one["state"] for one in labels()]) == ("completed", ["voided"])


@pytest.mark.parametrize("said", [{}, {"carrier": "Post"}])
def test_a_warehouse_that_says_little_of_what_it_ships_has_used_the_label(said: dict[str, str]) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    record_report(Report(Shipment.objects.get().outside_id, "shipped", **said))
    order.refresh_from_db()
    (label,) = labels()
    assert (saga(order).state, label["state"]) == ("completed", "bought")
    assert order.tracking_number == label["tracking_number"]


def test_without_a_carrier_or_an_address_no_label_is_bought(settings: Settings) -> None:
    order_to({}, LineWish(make_product().sku, 1))
    settings.CARRIER_URL = ""
    order_to(HOME, LineWish(make_product().sku, 1))
    assert (Label.objects.count(), labels()) == (0, [])
    ship_there()
    assert sorted(Order.objects.values_list("status", flat=True)) == ["paid", "shipped"]


def test_where_nothing_is_connected_and_cards_are_charged_at_once_there_is_no_fulfilment(settings: Settings) -> None:
    settings.WAREHOUSE_URL, settings.PAYMENT_CAPTURE = "", "checkout"
    order = order_to(HOME, LineWish(make_product().sku, 1))
    assert order.captured_at is not None
    assert sagas_of(f"order-{order.pk}") == []
    assert advance(order, "shipped", by="test").status == "shipped"


def test_the_carriers_answer_that_is_no_label_is_no_answer(settings: Settings, events: Rehearsal) -> None:
    order = order_to(HOME, LineWish(make_product().sku, 1))
    events.deliver("fulfilment.begin", *(f"sagas.fulfilment.{name}" for name in STEPS[:2]))
    address = settings.CARRIER_URL
    for body in ({}, {"label_id": "x", "tracking_number": "", "carrier": "c", "price": "1", "currency": "GBP"}):
        with elsewhere(lambda request, body=body: Said(201, body)) as place:
            settings.CARRIER_URL = place.url
            events.deliver("sagas.fulfilment.label", retries=False)
        assert "no label" in Label.objects.get().error, json.dumps(body)
    settings.CARRIER_URL = address
    events.deliver()
    assert done(order) == STEPS[:-1]
