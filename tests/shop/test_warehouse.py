"""The warehouse is asked for what is to be sent, once, and told when it is not; what it reports moves the order on."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.errors import CannotCancel, OutsideRefused, OutsideUnavailable, PaymentUnavailable, RecallUnavailable
from shop.orders.events import (
    OrderCancellationRefused,
    OrderCancelled,
    OrderDelivered,
    OrderPacked,
    OrderPaid,
    OrderShipped,
)
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, hold, release, settle_abandoned
from shop.outside.signing import signature
from shop.warehouse import operations
from shop.warehouse.models import Shipment
from shop.warehouse.operations import arrange_shipment
from tests import simulated
from tests.shop import providers
from tests.shop.builders import at_once, buy, make_product
from tests.shop.connections import outside
from tests.shop.elsewhere import Asked, Said, elsewhere

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
State = Shipment.State


def asked() -> list[dict[str, Any]]:
    """The shipments that the warehouse knows, the oldest first."""
    return list(reversed(simulated.ask("GET", "/warehouse/shipments")["shipments"]))


def states() -> list[str]:
    return [one["state"] for one in asked()]


#: What asks the warehouse for a paid order.
ASKING = ("fulfilment.begin", "sagas.fulfilment.accept", "sagas.fulfilment.allocate")


def arrange(order: Order) -> None:
    arrange_shipment(order.pk, now=timezone.now())


def report(state: str, shipment_id: str = "", secret: str = "", **more: Any) -> Any:
    """As the warehouse calls."""
    shipment_id = shipment_id or Shipment.objects.latest("id").outside_id
    body = json.dumps({"shipment_id": shipment_id, "state": state, **more}).encode()
    header = {"HTTP_X_SIGNATURE": signature(body, secret or "warehouse-secret-of-the-tests")}
    return APIClient().generic("POST", "/api/warehouse/webhook/", body, "application/json", **header)


def test_a_paid_order_is_asked_for_once_with_its_pieces_summed_by_sku(outside: None, events: Rehearsal) -> None:
    chair, table = make_product(sku="CHAIR"), make_product(sku="TABLE")
    order = buy(LineWish("TABLE", 1), LineWish("CHAIR", 2), LineWish("CHAIR", 3))
    events.fail("sagas.fulfilment.allocate", times=2, after=True)
    events.deliver_twice(*ASKING)
    events.assert_done("fulfilment.begin", OrderPaid, order_id=order.pk)
    events.assert_done("sagas.fulfilment.allocate")
    (shipment,) = asked()
    assert shipment["order_number"] == order.number
    assert shipment["lines"] == [{"sku": chair.sku, "quantity": 5}, {"sku": table.sku, "quantity": 1}]
    kept = Shipment.objects.get()
    assert (kept.state, kept.outside_id, kept.error) == (State.REQUESTED, shipment["shipment_id"], "")


def test_an_answer_that_was_lost_is_asked_for_again_and_is_no_second_shipment(outside: None, events: Rehearsal) -> None:
    buy(LineWish(make_product().sku, 1))
    simulated.turn("warehouse", lost_rate=1.0)
    events.deliver(*ASKING[:2])
    events.deliver(ASKING[2], retries=False)
    kept = Shipment.objects.get()
    assert (kept.state, kept.outside_id) == (State.WANTED, "")
    assert "warehouse service is not available" in kept.error
    simulated.turn("warehouse", lost_rate=0.0)
    events.deliver(*ASKING)
    kept.refresh_from_db()
    assert (kept.state, kept.outside_id, kept.error) == (State.REQUESTED, asked()[0]["shipment_id"], "")
    assert states() == ["requested"]


def test_a_cancelled_order_takes_its_shipment_back(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 2))
    cancel(order, by="test")
    assert states() == ["cancelled"]
    assert Shipment.objects.get().state == State.CANCELLED
    arrange(order)
    assert states() == ["cancelled"]


def test_what_is_left_of_an_order_is_asked_for_instead(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 3))
    cancel(order, {1: 1}, by="test")
    assert states() == ["cancelled", "requested"]
    assert asked()[1]["lines"][0]["quantity"] == 2


@pytest.mark.parametrize("first", ["paid", "cancelled"])
def test_an_order_cancelled_before_anybody_asked_is_never_asked_for(
    outside: None, events: Rehearsal, first: str
) -> None:
    order = buy(LineWish(make_product().sku, 1))
    cancel(order, by="test")
    asking = (*ASKING, "fulfilment.stop", "warehouse.arrange_shipment")
    events.deliver_twice(*(asking if first == "paid" else reversed(asking)))
    assert asked() == []
    events.assert_done("warehouse.arrange_shipment", OrderCancelled)


def test_a_shipment_whose_answer_was_lost_is_cancelled_there_too(outside: None, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 1))
    simulated.turn("warehouse", lost_rate=1.0)
    events.deliver(*ASKING[:2])
    events.deliver(ASKING[2], retries=False)
    simulated.turn("warehouse", lost_rate=0.0)
    cancel(order, by="test")
    events.deliver("warehouse.arrange_shipment")
    assert states() == ["cancelled"]
    assert Shipment.objects.get().outside_id == asked()[0]["shipment_id"]


def test_a_shipment_that_nobody_has_asked_for_yet_is_cancelled_without_a_call(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 1))
    Shipment.objects.update(state=State.WANTED, outside_id="", tried_at=None)
    simulated.forget()
    Order.objects.filter(pk=order.pk).update(held_at=timezone.now())
    arrange(order)
    assert (Shipment.objects.get().state, simulated.calls("warehouse")) == (State.CANCELLED, [])


def test_whoever_was_about_to_ask_does_not_after_a_cancellation(outside: None, settings: Settings) -> None:
    settings.WAREHOUSE_URL = ""
    order = buy(LineWish(make_product().sku, 1))
    settings.WAREHOUSE_URL = f"{settings.SIMULATED_URL}/warehouse"
    step = operations._next_step(order.pk)
    assert step is not None
    cancel(order, by="test")
    step(timezone.now())
    assert (Shipment.objects.get().state, asked()) == (State.CANCELLED, [])


def test_a_held_order_is_not_sent_until_it_is_released(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 1))
    hold(order.pk, reason="looks odd")
    assert states() == ["cancelled"]
    release(order.pk, by="test")
    assert states() == ["cancelled", "requested"]


def test_a_refusal_is_kept_and_a_replay_asks_anew(outside: None, events: Rehearsal, settings: Settings) -> None:
    """Of a shipment that takes the place of another one; the first one's refusal ends the fulfilment."""
    order = buy(LineWish(make_product().sku, 2))
    events.deliver(*ASKING)
    address = settings.WAREHOUSE_URL
    cancel(order, {1: 1}, by="test")
    with elsewhere(lambda request: Said(*((422, {"error": "no such"}) if request.method == "POST" else ()))) as place:
        settings.WAREHOUSE_URL = place.url
        events.deliver("warehouse.arrange_shipment")
        assert place.paths() == ["POST /shipments"]
    events.assert_dead("warehouse.arrange_shipment", OrderCancelled, error=OutsideRefused)
    refused = Shipment.objects.first()
    assert refused is not None
    assert (refused.state, "no such" in refused.error) == (State.REFUSED, True)
    settings.WAREHOUSE_URL = address
    events.replay("warehouse.arrange_shipment")
    assert [one.state for one in Shipment.objects.order_by("number")] == [
        State.CANCELLED, State.REFUSED, State.REQUESTED,
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [{}, {"shipment_id": ""}, {"shipment_id": 7}, {"shipment_id": "x" * 101}])
def test_an_answer_without_a_usable_id_is_no_answer(outside: None, settings: Settings, answer: dict) -> None:
    settings.WAREHOUSE_URL = ""
    order = buy(LineWish(make_product().sku, 1))
    with elsewhere(lambda request: Said(201, answer)) as place:
        settings.WAREHOUSE_URL = place.url
        with pytest.raises(OutsideUnavailable, match="has no shipment_id"):
            arrange(order)
    assert Shipment.objects.get().state == State.WANTED


def test_what_the_warehouse_has_sent_is_not_cancelled_and_nothing_is_refunded(outside: None, events: Rehearsal) -> None:
    """It has not told the shop yet."""
    order = buy(LineWish(make_product().sku, 2))
    events.deliver()
    simulated.ask("POST", f"/warehouse/shipments/{asked()[0]['shipment_id']}/advance", {"state": "shipped"})
    for quantities in (None, {1: 1}):
        with pytest.raises(CannotCancel, match="has sent it already"):
            cancel(order, quantities, by="test")
    events.assert_emitted(OrderCancellationRefused, order_id=order.pk, unit_count=2)
    events.deliver()
    assert (simulated.refunds(), order.reversals.filter(status="refused").count()) == ([], 2)
    assert (report("shipped").status_code, states()) == (200, ["shipped"])
    order.refresh_from_db()
    assert order.status == "shipped"


def test_nothing_is_refunded_before_the_warehouse_has_answered(outside: None, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 2))
    events.deliver()
    for trouble in ("lost_rate", "error_rate"):
        simulated.turn("warehouse", **{"lost_rate": 0, trouble: 1})
        with pytest.raises(RecallUnavailable, match="kept"):
            cancel(order, {1: 1}, by="test")
    simulated.turn("warehouse", error_rate=0)
    assert simulated.refunds() == []
    settle_abandoned(timezone.now() + timedelta(days=1))
    events.deliver()
    order.refresh_from_db()
    assert (order.status, len(simulated.refunds()), states()) == ("cancelled", 2, ["cancelled"])


def test_while_a_cancellation_waits_for_its_refund_nothing_is_sent_and_then_what_is_left(
    outside: None, events: Rehearsal, settings: Settings
) -> None:
    order = buy(LineWish(make_product().sku, 3))
    events.deliver()
    settings.PAYMENT_PROVIDER, real = f"{providers.__name__}.Down", settings.PAYMENT_PROVIDER
    with pytest.raises(PaymentUnavailable):
        cancel(order, {1: 1}, by="test")
    arrange(order)
    assert states() == ["cancelled"]
    settings.PAYMENT_PROVIDER = real
    settle_abandoned(timezone.now() + timedelta(days=1))
    events.deliver()
    assert (states(), asked()[1]["lines"][0]["quantity"]) == (["cancelled", "requested"], 2)


def test_a_cancellation_whose_refund_is_refused_leaves_the_order_to_be_sent(outside: None, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 3))
    events.deliver()
    simulated.limit_refunds("0")
    with pytest.raises(CannotCancel, match="refuses the refund"):
        cancel(order, {1: 1}, by="test")
    events.deliver()
    assert (states(), asked()[1]["lines"][0]["quantity"]) == (["cancelled", "requested"], 3)


def test_a_shipment_that_is_gone_is_as_good_as_cancelled(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 1))
    Shipment.objects.update(outside_id="sh_forgotten")
    cancel(order, by="test")
    assert Shipment.objects.get().state == State.CANCELLED


def test_asking_at_once_from_many_places_is_asking_once(outside: None, settings: Settings) -> None:
    settings.WAREHOUSE_URL = ""
    order = buy(LineWish(make_product().sku, 2))
    settings.WAREHOUSE_URL = f"{settings.SIMULATED_URL}/warehouse"
    assert at_once([lambda: arrange(order)] * 6) == [None] * 6
    assert states() == ["requested"]
    assert Shipment.objects.get().state == State.REQUESTED


def test_a_cancellation_that_comes_while_the_warehouse_is_being_asked_ends_with_none(
    outside: None, settings: Settings
) -> None:
    """The first call is answered only after the order was cancelled and that was told to the warehouse."""
    settings.WAREHOUSE_URL = ""
    order = buy(LineWish(make_product().sku, 1))
    address = f"{settings.SIMULATED_URL}/warehouse"

    def forward(request: Asked) -> Said:
        if len(place.asked) == 1:
            cancel(order, by="test")  # inline: another arrange_shipment, from its beginning to its end
            connection.close()  # of the server's thread
        headers = {
            name: request.headers[name] for name in ("Idempotency-Key", "Content-Type") if name in request.headers
        }
        answer = httpx.request(request.method, address + request.path, content=request.body, headers=headers)
        return Said(answer.status_code, answer.json())

    with elsewhere(forward) as place:
        settings.WAREHOUSE_URL = place.url
        arrange(order)
    assert (states(), Shipment.objects.get().state) == (["cancelled"], State.CANCELLED)


def test_without_a_warehouse_nothing_is_asked() -> None:
    buy(LineWish(make_product().sku, 1))
    assert not Shipment.objects.exists()


def test_what_staff_send_themselves_is_taken_back_from_the_warehouse(outside: None, settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1))
    advance(order, "shipped", by="test", carrier="Own van", tracking_number="")
    assert states() == ["cancelled"]
    settings.WAREHOUSE_URL = ""
    packed = buy(LineWish(make_product().sku, 1))
    advance(packed, "packed", by="test")
    settings.WAREHOUSE_URL = f"{settings.SIMULATED_URL}/warehouse"
    arrange(packed)
    assert states() == ["cancelled"]


def test_the_order_follows_what_the_warehouse_reports(outside: None, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 1))
    events.deliver(*ASKING)
    for state in ("packed", "shipped", "delivered"):
        answer = report(state, carrier="Post", tracking_number="T-1")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
        events.deliver_twice("warehouse.advance_order")
        order.refresh_from_db()
        assert order.status == state
    events.assert_emitted(OrderShipped, order_id=order.pk, carrier="Post", tracking_number="T-1")
    assert [event for event in events.emitted if isinstance(event, OrderPacked | OrderShipped | OrderDelivered)] == [
        events.assert_emitted(one, order_id=order.pk) for one in (OrderPacked, OrderShipped, OrderDelivered)
    ]
    events.deliver("warehouse.arrange_shipment")
    assert states() == ["requested"]  # what was sent is not taken back


def test_reports_may_come_late_twice_and_in_any_order(outside: None) -> None:
    order = buy(LineWish(make_product().sku, 1))
    report("shipped", carrier="Post", tracking_number="T-1")
    for state in ("packed", "shipped", "packed"):
        assert report(state).json()["state"] == "shipped"
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == (Order.Status.SHIPPED, "T-1")
    report("delivered")
    order.refresh_from_db()
    assert order.status == Order.Status.DELIVERED


def test_a_held_order_waits_although_the_warehouse_was_faster(outside: None, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 1))
    events.deliver(*ASKING)
    hold(order.pk, reason="looks odd")
    assert report("packed").status_code == 200
    events.deliver("warehouse.advance_order")
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    release(order.pk, by="test")
    events.deliver("warehouse.advance_order")
    order.refresh_from_db()
    assert order.status == Order.Status.PACKED


def test_reports_that_are_not_the_warehouses_are_refused(outside: None, settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1))
    for secret in ("another secret", "affiliate-secret-of-the-tests"):
        answer = report("shipped", secret=secret)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:backroom:not-signed")
    assert APIClient().post("/api/warehouse/webhook/", {"shipment_id": "x", "state": "packed"}).status_code == 401
    assert report("packed", shipment_id="sh_unknown").status_code == 404
    assert report("lost").status_code == 400
    assert report("packed", total=0).status_code == 400
    settings.WAREHOUSE_SECRET = ""
    assert report("shipped").status_code == 401
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
