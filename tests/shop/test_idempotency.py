"""A request that is sent again is answered again, and does nothing again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from shop.errors import RequestInProgress
from shop.idempotency.models import RecordedRequest
from shop.orders.models import Order
from shop.orders.operations import LineWish, check_out, settle_abandoned
from shop.payments.provider import Card
from tasks.idempotency import sweep_recorded_requests
from tests.shop.builders import (
    BUYER,
    DECLINED_CARD,
    GOOD_CARD,
    at_once,
    available,
    checkout_document,
    event_names,
    make_product,
)

pytestmark = pytest.mark.django_db(transaction=True)
CHAIR = {"sku": "CHAIR", "quantity": 2}


def post(document: Any, key: str | None = "one", user: User | None = None) -> Any:
    client = APIClient(raise_request_exception=False)
    if user:
        client.force_authenticate(user)
    return client.post("/api/checkout/", document, headers={} if key is None else {"Idempotency-Key": key})


def in_minutes(minutes: int) -> Any:
    return timezone.now() + timedelta(minutes=minutes)


def test_the_same_key_and_body_get_the_same_answer_and_one_order() -> None:
    chair = make_product("CHAIR", available=5)
    first, again = post(checkout_document(CHAIR)), post(dict(reversed(checkout_document(CHAIR).items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first["Content-Type"] == again["Content-Type"]
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert (Order.objects.count(), available(chair)) == (1, 3)
    assert event_names("order.") == ["order.placed", "order.paid"]


def test_a_refusal_is_answered_again_too() -> None:
    make_product("CHAIR", available=5)
    first, again = (post(checkout_document(CHAIR, card=DECLINED_CARD)) for _time in range(2))
    assert (first.status_code, again.status_code) == (402, 402)
    assert first.content == again.content
    assert again["Content-Type"] == "application/problem+json"
    assert Order.objects.count() == 1


def test_another_body_with_the_key_is_refused() -> None:
    make_product("CHAIR", available=5)
    assert post(checkout_document(CHAIR)).status_code == 201
    for document in (checkout_document({**CHAIR, "quantity": 1}), checkout_document(CHAIR, card=DECLINED_CARD)):
        answer = post(document)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:backroom:key-used-differently")
    assert Order.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", " ", "x" * 256, "a\tb"])
def test_a_checkout_without_a_good_key_is_refused(key: str | None) -> None:
    make_product("CHAIR")
    answer = post(checkout_document(CHAIR), key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Order.objects.exists()


def test_what_was_not_begun_may_be_mended_under_the_same_key() -> None:
    make_product("CHAIR", available=5)
    assert post(checkout_document({"sku": "NONE", "quantity": 1})).status_code == 400
    assert not RecordedRequest.objects.exists()
    assert post(checkout_document(CHAIR)).status_code == 201


def test_a_key_belongs_to_its_caller() -> None:
    make_product("CHAIR", available=9)
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
    for user in (ann, bob, None):
        assert "Idempotent-Replayed" not in post(checkout_document(CHAIR), user=user)
    assert Order.objects.count() == 3


def test_ten_at_once_with_one_key_buy_once() -> None:
    make_product("CHAIR", available=50)
    answers = at_once([lambda: post(checkout_document(CHAIR))] * 10)
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert all(answer["Retry-After"] for answer in answers if answer.status_code == 409)
    assert (Order.objects.count(), post(checkout_document(CHAIR)).status_code) == (1, 201)


def test_a_request_that_died_after_the_charge_is_answered_by_what_became_of_its_order(settings: Settings) -> None:
    make_product("CHAIR", available=5)
    provider, settings.PAYMENT_PROVIDER = settings.PAYMENT_PROVIDER, "tests.shop.providers.Silent"
    assert post(checkout_document(CHAIR)).status_code == 503
    settings.PAYMENT_PROVIDER = provider
    answer = post(checkout_document(CHAIR))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:backroom:request-in-progress")
    assert int(answer["Retry-After"]) > 0

    assert settle_abandoned(in_minutes(16)) == {"confirmed": 1}
    receipt = post(checkout_document(CHAIR))
    assert (receipt.status_code, receipt.json()["number"]) == (201, Order.objects.get().number)
    assert receipt.content == post(checkout_document(CHAIR)).content


def test_a_request_that_died_before_the_charge_says_that_its_order_expired(settings: Settings) -> None:
    chair = make_product("CHAIR", available=5)
    provider, settings.PAYMENT_PROVIDER = settings.PAYMENT_PROVIDER, "tests.shop.providers.Down"
    assert post(checkout_document(CHAIR)).status_code == 503
    settings.PAYMENT_PROVIDER = provider
    assert settle_abandoned(in_minutes(16)) == {"expired": 1}
    answer = post(checkout_document(CHAIR))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:backroom:order-expired")
    assert available(chair) == 5


def test_a_request_that_died_before_it_did_anything_is_begun_again_when_it_must_be_dead() -> None:
    make_product("CHAIR", available=9)
    post(checkout_document(CHAIR))
    RecordedRequest.objects.update(status=None, reference=uuid4(), begun_at=timezone.now())
    assert post(checkout_document(CHAIR)).status_code == 409

    RecordedRequest.objects.update(begun_at=timezone.now() - timedelta(minutes=5))
    answers = at_once([lambda: post(checkout_document(CHAIR))] * 5)
    assert 201 in {answer.status_code for answer in answers} <= {201, 409}
    assert Order.objects.count() == 2


def test_of_two_that_do_the_work_of_one_key_one_sells() -> None:
    """When the one who was thought dead is not, the payment key decides."""
    chair, key = make_product("CHAIR", available=9), uuid4()

    def sell() -> Order:
        return check_out(BUYER, [LineWish("CHAIR", 1)], Card(GOOD_CARD), now=timezone.now(), payment_key=key)

    answers = at_once([sell] * 5)
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert sum(isinstance(answer, RequestInProgress) for answer in answers) == 4
    assert (Order.objects.count(), available(chair)) == (1, 8)


def test_answers_are_forgotten_after_a_day() -> None:
    make_product("CHAIR", available=9)
    post(checkout_document(CHAIR), "old")
    RecordedRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    post(checkout_document(CHAIR), "new")
    assert (sweep_recorded_requests(), sweep_recorded_requests()) == (1, 0)
    assert RecordedRequest.objects.get().key == "new"


def test_neither_the_card_nor_a_plain_hash_of_the_body_is_kept() -> None:
    make_product("CHAIR", available=9)
    post(checkout_document(CHAIR))
    first = RecordedRequest.objects.get().fingerprint
    RecordedRequest.objects.all().delete()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SECRET_KEY", "another")
        post(checkout_document(CHAIR))
    assert RecordedRequest.objects.get().fingerprint != first
