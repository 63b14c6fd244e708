"""What the payment provider tells later: verified, kept once, and done in the background."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from djmoney.money import Money
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from config.child import wait_until
from events.testing import Rehearsal
from shop.errors import CannotCancel
from shop.orders.models import Order
from shop.orders.operations import LineWish, cancel
from shop.payments.models import Payment, ProviderReport
from tests import simulated
from tests.shop.builders import at_once, buy, logged, make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
DISPUTED_CARD, REFUND_FAILS_CARD, REFUND_LATER_CARD = "4000000000000259", "4000000000005126", "4000000000007726"


def signed(body: bytes, secret: str, *, age: timedelta = timedelta(0)) -> str:
    time = int((timezone.now() - age).timestamp())
    return f"t={time},v1={hmac.new(secret.encode(), f'{time}.'.encode() + body, hashlib.sha256).hexdigest()}"


def post(body: bytes, signature: str, header: str = "Webhook-Signature") -> Any:
    return APIClient().post(
        "/api/payments/webhook/", body, content_type="application/json", headers={header: signature}
    )


def told(event_type: str, *, event_id: str = "evt_1", seconds_ago: int = 0, **thing: str) -> bytes:
    created = int(timezone.now().timestamp()) - seconds_ago
    return json.dumps({"id": event_id, "type": event_type, "created": created, "data": {"object": thing}}).encode()


def hand_over(settings: Settings) -> list[int]:
    """Bring the provider's webhooks to the shop, as it would."""
    bodies = [one["body"].encode() for one in simulated.callbacks() if one["service"] == "payments"]
    return [post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET)).status_code for body in bodies]


def test_a_dispute_holds_the_order_and_marks_the_payment(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1), card=DISPUTED_CARD)
    assert hand_over(settings) == [200]
    order = Order.objects.get(pk=order.pk)
    assert order.held_at is not None
    assert "disputes" in order.hold_reason
    assert Payment.objects.get().outcome == "disputed"
    assert [event["type"] for event in logged("payment.reported")] == ["charge.dispute.created"]


def test_the_provider_itself_delivers_its_webhook_with_a_signature_that_holds(live_server: LiveServer) -> None:
    simulated.turn("general", shop_url=live_server.url)
    order = buy(LineWish(make_product().sku, 1), card=DISPUTED_CARD)
    assert wait_until(lambda: all(one["delivered_at"] for one in simulated.callbacks()), 20), simulated.callbacks()
    assert wait_until(lambda: Order.objects.get(pk=order.pk).held_at is not None, 20)


def test_a_report_that_comes_ten_times_at_once_counts_once(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1))
    body = told("charge.dispute.created", id="dp_1", charge=order.charge_id, status="needs_response")
    signature = signed(body, settings.PAYMENT_WEBHOOK_SECRET)
    answers = at_once([lambda: post(body, signature).status_code] * 10)
    assert answers == [200] * 10
    assert ProviderReport.objects.count() == len(logged("payment.reported")) == len(logged("order.held")) == 1


@pytest.mark.parametrize("header", ["Webhook-Signature", "Stripe-Signature"])
def test_only_the_provider_is_listened_to_and_only_soon(settings: Settings, header: str) -> None:
    body = told("charge.dispute.created", charge="ch_1")
    secret = settings.PAYMENT_WEBHOOK_SECRET
    good = signed(body, secret)
    for wrong in (
        "", "t=,v1=", "v1=abc", f"{good[:-1]}x", good.replace("v1=", "v0="), signed(body, "another"), "t=²,v1=x",
        signed(body, secret, age=timedelta(minutes=6)), signed(body, secret, age=-timedelta(minutes=6)),
        f"t={'9' * 400},v1=x", signed(body + b" ", secret), "ü",
    ):  # fmt: skip
        answer = post(body, wrong.encode().decode("latin-1"), header)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:backroom:not-signed"), wrong
    settings.PAYMENT_WEBHOOK_SECRET = ""
    assert post(body, signed(body, ""), header).status_code == 401
    assert not ProviderReport.objects.exists()
    settings.PAYMENT_WEBHOOK_SECRET = secret
    assert post(body, f"{good},v1=old", header).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"no json", b"[]", b"{}", b'{"id": 5, "type": "x", "created": 1, "data": {}}',
        b'{"id": "e", "type": "x", "created": "1", "data": {}}', b'{"id": "e", "type": "x", "created": -1, "data": {}}',
        b'{"id": "e", "type": "x", "created": 1, "data": "text"}',
        b'{"id": "e", "type": "x", "created": 1e300, "data": {}}',
        b'{"id": "e", "type": "x", "created": 1, "data": {"object": {"id": "a\\u0000"}}}',
        b'{"id": "e", "type": "x", "created": 1, "data": {"object": {"id": "\\ud800"}}}',
    ],
)  # fmt: skip
def test_what_is_signed_and_wrong_is_refused_and_kept_nowhere(settings: Settings, body: bytes) -> None:
    answer = post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET))
    assert answer.status_code == 400, answer.content
    assert not ProviderReport.objects.exists()


def test_a_body_over_the_limit_is_refused(settings: Settings) -> None:
    body = b'{"id": "' + b"x" * 3_000_000 + b'"}'
    assert post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET)).status_code == 413


def test_a_report_of_something_unknown_is_kept_and_changes_nothing(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1))
    for number, thing in enumerate([{}, {"object": 5}, {"object": {"id": 5, "status": []}}]):
        body = json.dumps({"id": f"evt_{number}", "type": "payout.paid", "created": 1, "data": thing}).encode()
        assert post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET)).status_code == 200
    assert ProviderReport.objects.count() == 3
    assert Order.objects.get(pk=order.pk).held_at is None
    assert Payment.objects.get().outcome == "charged"


@pytest.mark.parametrize(("card", "outcome"), [(REFUND_FAILS_CARD, "failed"), (REFUND_LATER_CARD, "refunded")])
def test_the_end_of_a_refund_is_entered(settings: Settings, card: str, outcome: str) -> None:
    cancel(buy(LineWish(make_product().sku, 1), card=card), by="user:1")
    assert hand_over(settings) == [200]
    assert Payment.objects.get(kind="refund").outcome == outcome


def test_the_latest_report_counts_in_whatever_order_they_come(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 1))
    dispute = {"id": "dp_1", "charge": order.charge_id}
    won = told("charge.dispute.closed", event_id="evt_2", status="won", **dispute)
    begun = told("charge.dispute.created", event_id="evt_1", seconds_ago=60, status="needs_response", **dispute)
    for body in (won, begun):
        assert post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET)).status_code == 200
    assert Payment.objects.get().outcome == "charged"
    order.refresh_from_db()
    assert order.held_at is None


def test_a_dispute_that_is_faster_than_the_order_waits_for_it(events: Rehearsal, settings: Settings) -> None:
    body = told("charge.dispute.created", id="dp_1", payment_intent="pi_1", status="needs_response")
    assert post(body, signed(body, settings.PAYMENT_WEBHOOK_SECRET)).status_code == 200
    events.deliver("payments.read_report", retries=False)
    order = buy(LineWish(make_product().sku, 1))
    Order.objects.filter(pk=order.pk).update(charge_id="pi_1")
    Payment.objects.update(provider_id="pi_1", amount=Money(1, "GBP"))
    events.deliver("payments.read_report")
    assert Order.objects.get(pk=order.pk).held_at is not None
    assert Payment.objects.get().outcome == "disputed"


def test_what_the_owner_of_the_card_takes_back_is_not_given_back_as_well() -> None:
    order = buy(LineWish(make_product(price="10.00").sku, 1), card=DISPUTED_CARD)
    with pytest.raises(CannotCancel, match="refuses the refund"):
        cancel(order, by="user:1", before_packing=True)
    assert (Order.objects.get().status, simulated.refunded()) == ("paid", 0)

    (charge,) = simulated.charges()
    simulated.ask("POST", f"/payments/charges/{charge['id']}/dispute", {"status": "won"})
    assert cancel(order, by="user:1").status == "cancelled"
    assert simulated.refunded() == 10
