"""Buying over HTTP."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from knox.models import AuthToken
from rest_framework.test import APIClient

from shop.customers.models import Customer
from shop.orders.models import Order
from tests.shop.builders import (
    DECLINED_CARD,
    FAILING_CARD,
    GOOD_CARD,
    available,
    checkout_document,
    make_product,
    staff_client,
)

pytestmark = pytest.mark.django_db(transaction=True)
CHAIR = {"sku": "CHAIR", "quantity": 2}


def post(document: Any, client: APIClient | None = None, *, headers: dict[str, str] | None = None) -> Any:
    headers = {"Idempotency-Key": str(uuid4())} | (headers or {})
    return (client or APIClient()).post("/api/checkout/", document, format="json", headers=headers)


def test_a_checkout_answers_201_with_the_receipt() -> None:
    make_product("CHAIR", price="10.50", available=5)
    answer = post(checkout_document(CHAIR))
    assert answer.status_code == 201, answer.json()
    receipt = answer.json()
    assert receipt == {
        "number": Order.objects.get().number,
        "status": "paid",
        "subtotal": "21.00",
        "discount": "0.00",
        "shipping_fee": "0.00",
        "tax": "0.00",
        "total": "21.00",
        "currency": "GBP",
        "coupon_code": "",
        "lines": [
            {
                "position": 1,
                "sku": "CHAIR",
                "quantity": 2,
                "unit_price": "10.5000",
                "discount": "0.00",
                "tax": "0.00",
                "cancelled_quantity": 0,
            },
        ],
    }
    assert Customer.objects.values_list("email", "name", "language").get() == ("someone@example.com", "Someone", "en")


def test_the_language_defaults_to_that_of_the_request() -> None:
    make_product("CHAIR")
    document = checkout_document(CHAIR)
    del document["customer"]["language"]
    assert post(document, headers={"Accept-Language": "ar"}).status_code == 201
    assert Customer.objects.get().language == "ar"


def test_a_declined_card_answers_402_and_frees_the_stock() -> None:
    chair = make_product("CHAIR", available=5)
    answer = post(checkout_document(CHAIR, card=DECLINED_CARD))
    assert (answer.status_code, answer.json()["type"]) == (402, "urn:backroom:card-declined")
    assert answer["Content-Type"] == "application/problem+json"
    assert available(chair) == 5


def test_too_little_stock_answers_409_and_says_of_which_product() -> None:
    make_product("CHAIR", available=1)
    make_product("LAMP", available=9)
    answer = post(checkout_document(CHAIR, {"sku": "LAMP", "quantity": 1}))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["detail"] == "There is not enough stock of CHAIR."
    (error,) = problem["errors"]
    assert (error["sku"], error["wanted"], error["available"]) == ("CHAIR", 2, 1)


def test_a_failing_provider_answers_503_with_what_is_known_about_the_money() -> None:
    make_product("CHAIR")
    answer = post(checkout_document(CHAIR, card=FAILING_CARD))
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.json()["detail"]


def test_the_card_number_is_neither_stored_nor_shown(caplog: pytest.LogCaptureFixture) -> None:
    make_product("CHAIR")
    document = checkout_document(CHAIR)
    document["card"]["number"] = "42424242x4242424"
    assert "42424242" not in post(document).content.decode()
    receipt = post(checkout_document(CHAIR))
    assert receipt.status_code == 201
    assert GOOD_CARD not in receipt.content.decode() + caplog.text
    for card in (DECLINED_CARD, FAILING_CARD):
        post(checkout_document(CHAIR, card=card))
    places = columns_of_text()
    assert ("events_event", "payload") in places
    assert ("payments_payment", "card_last_four") in places
    with connection.cursor() as cursor:
        for table, column in places:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE ANY (%s)',
                [[f"%{card}%" for card in (GOOD_CARD, DECLINED_CARD, FAILING_CARD)]],
            )
            assert cursor.fetchone() == (0,), (table, column)


def columns_of_text() -> list[tuple[str, str]]:
    """Every column of every table that can hold a text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'ARRAY')"
        )
        return cursor.fetchall()


def test_a_price_brought_by_a_customer_is_refused() -> None:
    chair = make_product("CHAIR", price="10.00", available=5)
    tampered = checkout_document({**CHAIR, "unit_price": "0.01"})
    ordinary_staff = staff_client("orders.view_order", "orders.change_order")
    for client in (APIClient(), ordinary_staff):
        answer = post(tampered, client)
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
    for field in ("price", "total", "discount"):
        assert post(checkout_document({**CHAIR, field: "0.01"})).status_code == 400
    assert (available(chair), Order.objects.count()) == (5, 0)


def test_staff_who_may_agree_prices_sell_at_them() -> None:
    make_product("CHAIR", price="10.00")
    answer = post(checkout_document({**CHAIR, "unit_price": "7.125"}), staff_client("orders.agree_prices"))
    assert (answer.status_code, answer.json()["total"]) == (201, "14.25")


def test_a_token_of_staff_works_and_a_wrong_one_is_refused(django_user_model: Any) -> None:
    make_product("CHAIR")
    boss = django_user_model.objects.create_superuser("boss")
    _instance, token = AuthToken.objects.create(boss)
    good = post(checkout_document({**CHAIR, "unit_price": "1"}), headers={"Authorization": f"Token {token}"})
    assert good.status_code == 201
    wrong = post(checkout_document(CHAIR), headers={"Authorization": "Token nonsense"})
    assert wrong.status_code == 401


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good document with one value changed; path as customer.email."""
    document = checkout_document({"sku": "CHAIR", "quantity": 1})
    *parents, last = path.split(".")
    place: Any = document
    for parent in parents:
        place = place[int(parent)] if parent.isdecimal() else place[parent]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("customer", None, "customer"),
        ("customer", [], "customer"),
        ("customer.email", "nobody", "customer.email"),
        ("customer.email", 5, "customer.email"),
        ("customer.email", "a" * 300 + "@example.com", "customer.email"),
        ("customer.name", "", "customer.name"),
        ("customer.name", "Bcc: x\r\nTo: y", "customer.name"),
        ("customer.name", "nul\u0000", "customer.name"),
        ("customer.language", "tlh", "customer.language"),
        ("customer.language", ["en"], "customer.language"),
        ("customer.id", 1, "customer.id"),
        ("lines", [], "lines"),
        ("lines", {}, "lines"),
        ("lines", [5], "lines[0]"),
        ("lines", [{"sku": "CHAIR", "quantity": 1}] * 2001, "lines"),
        ("lines.0.sku", "NONE", "lines[0].sku"),
        ("lines.0.sku", ["CHAIR"], "lines[0].sku"),
        ("lines.0.quantity", 0, "lines[0].quantity"),
        ("lines.0.quantity", -1, "lines[0].quantity"),
        ("lines.0.quantity", 1.0, "lines[0].quantity"),
        ("lines.0.quantity", "1", "lines[0].quantity"),
        ("lines.0.quantity", True, "lines[0].quantity"),
        ("lines.0.quantity", 1_000_001, "lines[0].quantity"),
        ("lines.0.quantity", 10**400, "lines[0].quantity"),
        ("lines.0.unit_price", "-1", "lines[0].unit_price"),
        ("lines.0.unit_price", "Infinity", "lines[0].unit_price"),
        ("lines.0.unit_price", "1.00001", "lines[0].unit_price"),
        ("card.number", "4242", "card.number"),
        ("card.number", 4242424242424242, "card.number"),
        ("card.number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "card.number"),
        ("status", "paid", "status"),
        ("total", "0.01", "total"),
    ],
)
def test_what_is_not_valid_is_refused_by_field(path: str, value: Any, field: str) -> None:
    make_product("CHAIR")
    answer = post(changed(path, value))
    assert answer.status_code == 400, answer.json()
    assert field in [error["field"] for error in answer.json()["errors"]], answer.json()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('"text"', 400),
        ("null", 400),
        ("NaN", 400),
        ("[" * 100_000 + "]" * 100_000, 400),
        ('{"lines": [{"sku": "CHAIR", "quantity": 1e999}]}', 400),
        ('{"lines": [{"sku": "CHAIR", "quantity": ' + "9" * 5000 + "}]}", 400),
        (b"\xff\xfe", 400),
        ('{"\\ud800": 1}', 400),
        ('{"customer": {"language": "\\uD800"}}', 400),
        (json.dumps({"card": "x" * 1_100_000}), 413),
    ],
)
def test_a_body_that_is_no_order_is_never_an_error_of_ours(body: str | bytes, status: int) -> None:
    answer = APIClient().post("/api/checkout/", body, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-7", "latin-1"])
def test_a_body_in_another_charset_is_refused_as_such(charset: str) -> None:
    body = '{"customer": {"email": "\\ud800", "name": "\\udc00", "language": "\\ud800"}, "lines": 1}'.encode(charset)
    answer = APIClient().generic("POST", "/api/checkout/", body, content_type=f"application/json; charset={charset}")
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:backroom:unsupported-media-type")


def test_utf_8_may_be_named_in_any_spelling() -> None:
    body = json.dumps(checkout_document(CHAIR))
    for charset in ("utf-8", "UTF8"):
        make_product(f"{charset}")
        answer = APIClient().generic(
            "POST", "/api/checkout/", body, f"application/json; charset={charset}", headers={"Idempotency-Key": charset}
        )
        assert answer.json()["errors"][0]["code"] == "not_for_sale"


def test_an_address_that_gets_longer_in_lower_case_is_refused_by_field() -> None:
    make_product("CHAIR")
    address = "a@" + ".".join(["\u0130" * 60] * 4) + ".example"
    assert len(address) <= 254 < len(address.lower())
    answer = post(checkout_document(CHAIR, email=address))
    assert answer.status_code == 400, answer.json()
    assert answer.json()["errors"][0]["field"] == "customer.email"


def test_other_methods_and_types_are_problems_too() -> None:
    assert APIClient().get("/api/checkout/").json()["type"] == "urn:backroom:method-not-allowed"
    answer = APIClient().post("/api/checkout/", "a=b", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:backroom:unsupported-media-type")


def test_an_order_of_two_thousand_lines_is_sold() -> None:
    make_product("CHAIR", price="0.01", available=5000)
    answer = post(checkout_document(*[{"sku": "CHAIR", "quantity": 1}] * 2000))
    assert (answer.status_code, answer.json()["total"]) == (201, "20.00")
