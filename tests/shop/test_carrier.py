"""What the carrier reports of its parcels moves orders and returns on, once, and only when it is signed."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.carrier.events import LabelReported
from shop.carrier.models import Label
from shop.carrier.operations import buy_label, void_label, want_label
from shop.carrier.queries import label_of
from shop.errors import OutsideRefused
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, check_out, hold, reject_return, release, request_return
from shop.orders.operations.drafting import Details
from shop.outside.signing import signature
from shop.payments.provider import Card
from tests import simulated
from tests.shop.builders import BUYER, GOOD_CARD, make_product
from tests.shop.connections import outside

__all__ = ["outside"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
HOME = {"name": "Mona", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"}
SECRET = "carrier-secret-of-the-tests"


@pytest.fixture
def order(settings: Settings) -> Order:
    """Paid, and nobody else sends it."""
    settings.WAREHOUSE_URL = ""
    wish, details = LineWish(make_product("CHAIR").sku, 2), Details(shipping_address=HOME)
    return check_out(BUYER, [wish], Card(GOOD_CARD), now=timezone.now(), details=details)


def label_for(order: Order, return_number: int | None = None) -> Label:
    wanted = want_label(order, f"label-{order.pk}-{return_number}", return_number=return_number)
    assert wanted is not None
    return buy_label(wanted.pk, now=timezone.now())


def post(body: bytes, secret: str = SECRET) -> Any:
    header = {"HTTP_X_SIGNATURE": signature(body, secret)}
    return APIClient().generic("POST", "/api/carrier/webhook/", body, "application/json", **header)


def report(label: Label, state: str) -> Any:
    return post(json.dumps({"label_id": label.outside_id, "state": state}).encode())


def test_the_carriers_own_reports_ship_and_deliver_an_order_that_nobody_else_reports(order: Order) -> None:
    label = label_for(order)
    for _step in range(2):
        simulated.ask("POST", f"/carrier/labels/{label.outside_id}/advance", {})
    told = [one["body"].encode() for one in simulated.callbacks() if one["service"] == "carrier"]
    for body, status in zip(told, ("shipped", "delivered"), strict=True):
        assert post(body).status_code == 200
        order.refresh_from_db()
        assert (order.status, order.tracking_number) == (status, label.tracking_number)
    label.refresh_from_db()
    assert (label.state, label_of(order.pk)) == ("arrived", label)


def test_reports_in_any_order_and_number_count_once(order: Order, events: Rehearsal) -> None:
    label = label_for(order)
    for state in ("arrived", "moving", "arrived"):
        assert report(label, state).json() == {"label_id": label.outside_id, "state": "arrived"}
    events.deliver_twice()
    events.assert_done("carrier.follow_parcel")
    order.refresh_from_db()
    assert order.status == "delivered"
    assert [one.state for one in events.emitted if isinstance(one, LabelReported)] == ["arrived"]


def test_a_report_about_a_held_order_waits_until_it_is_released(order: Order, events: Rehearsal) -> None:
    label = label_for(order)
    hold(order.pk, reason="looks odd")
    assert report(label, "moving").status_code == 200
    events.deliver()
    order.refresh_from_db()
    assert order.status == "paid"
    release(order.pk, by="test")
    events.deliver()
    order.refresh_from_db()
    assert order.status == "shipped"


def test_a_return_that_the_carrier_brings_has_arrived_and_waits_to_be_inspected(order: Order) -> None:
    advance(order, "delivered", by="test")
    asked = request_return(order, {1: 1}, by="user:1", now=timezone.now())
    label = Label.objects.get(return_number=asked.number)
    for state, arrived in (("moving", False), ("arrived", True)):
        report(label, state)
        asked.refresh_from_db()
        assert (asked.status, asked.arrived_at is not None) == ("requested", arrived)
    assert simulated.refunds() == []


def test_a_parcel_that_comes_back_although_its_return_was_rejected_is_a_dead_letter(
    order: Order, events: Rehearsal
) -> None:
    advance(order, "delivered", by="test")
    asked = request_return(order, {1: 1}, by="user:1", now=timezone.now())
    label = label_for(order, asked.number)
    reject_return(order, asked.number)
    assert report(label, "arrived").status_code == 200
    events.deliver()
    events.assert_dead("carrier.follow_parcel", error="return 1 is rejected")


def test_who_does_not_share_the_secret_is_refused_and_unknown_labels_are_not_found(order: Order) -> None:
    label = label_for(order)
    body = json.dumps({"label_id": label.outside_id, "state": "arrived"}).encode()
    assert post(body, "wrong").status_code == 401
    assert APIClient().generic("POST", "/api/carrier/webhook/", body, "application/json").status_code == 401
    assert post(json.dumps({"label_id": "lb_other", "state": "moving"}).encode()).status_code == 404
    for wrong in ({"label_id": label.outside_id, "state": "bought"}, {"state": "moving"}):
        assert post(json.dumps(wrong).encode()).status_code == 400
    label.refresh_from_db()
    assert label.state == "bought"


def test_what_was_voided_does_not_move_and_what_moves_cannot_be_voided(order: Order) -> None:
    label = label_for(order)
    Label.objects.update(state="voided")
    assert report(label, "moving").json()["state"] == "voided"
    order.refresh_from_db()
    assert order.status == "paid"
    Label.objects.update(state="bought")
    simulated.ask("POST", f"/carrier/labels/{label.outside_id}/advance", {})
    report(label, "moving")
    with pytest.raises(OutsideRefused, match="on_its_way"):
        void_label(label.pk, now=timezone.now())
    label.refresh_from_db()
    assert label.state == "moving"


def test_an_address_without_its_secret_is_a_warning_and_no_label_is_bought(order: Order, settings: Settings) -> None:
    settings.CARRIER_SECRET = ""
    assert "CARRIER_URL is set, but CARRIER_SECRET is not." in [one.msg for one in run_checks(tags=["security"])]
    assert want_label(order, "key") is None
