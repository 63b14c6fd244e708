"""Carts: prices of now, and nobody else's."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djmoney.money import Money
from pytest_django import Settings
from rest_framework.test import APIClient

from shop.carts.models import Cart, CartLine
from shop.catalog.models import Product, Variant
from shop.customers.models import Address
from shop.orders.models import Order
from shop.pricing.models import Coupon, ExchangeRate, ShippingRate, TaxRate
from shop.stock.variants import set_variant_stock
from tasks.carts import sweep_forgotten_carts
from tests.shop.builders import DECLINED_CARD, GOOD_CARD, at_once, available, customer_client, make_product

pytestmark = pytest.mark.django_db(transaction=True)
HOME = {"name": "Ann", "line1": "1 Road", "city": "London", "country": "gb"}


def guest() -> tuple[APIClient, str]:
    """A client with a new cart, and the cart's token."""
    token = APIClient().post("/api/cart/").json()["token"]
    client = APIClient()
    client.credentials(HTTP_X_CART_TOKEN=token)
    return client, token


def put_in(client: APIClient, sku: str, quantity: int = 1) -> dict[str, Any]:
    answer = client.post("/api/cart/lines/", {"sku": sku, "quantity": quantity})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def check_out(client: APIClient, key: str = "one", **document: Any) -> Any:
    document = {"card": {"number": GOOD_CARD}, **document}
    return client.post("/api/checkout/", document, headers={"Idempotency-Key": key})


GUEST = {"customer": {"email": "guest@example.com", "name": "Guest"}}


def test_a_cart_shows_the_prices_of_now_and_what_stands_in_the_way() -> None:
    chair, lamp = make_product("CHAIR", price="10.00", available=3), make_product("LAMP", price="2.50")
    client, _token = guest()
    put_in(client, "CHAIR", 2)
    put_in(client, "CHAIR", 2)
    shown = put_in(client, "LAMP")
    assert [(line["sku"], line["quantity"], line["amount"]) for line in shown["lines"]] == [
        ("CHAIR", 4, "40.00"),
        ("LAMP", 1, "2.50"),
    ]
    assert (shown["total"], [problem["code"] for problem in shown["problems"]]) == ("42.50", ["not-enough-stock"])

    Product.objects.filter(pk=chair.pk).update(price="11.00")
    Product.objects.filter(pk=lamp.pk).update(status="archived")
    shown = client.get("/api/cart/").json()
    assert (shown["total"], [line["is_for_sale"] for line in shown["lines"]]) == ("44.00", [True, False])
    line = shown["lines"][0]["id"]
    assert client.patch(f"/api/cart/lines/{line}/", {"quantity": 1}).json()["total"] == "11.00"
    assert client.delete(f"/api/cart/lines/{line}/").json()["total"] == "0.00"


def test_a_guests_cart_is_opened_by_its_token_alone_and_the_token_is_stored_nowhere() -> None:
    make_product("CHAIR")
    client, token = guest()
    line = put_in(client, "CHAIR")["lines"][0]["id"]
    stranger, _other = guest()
    customers, _customer = customer_client()
    for other in (stranger, customers):
        assert other.patch(f"/api/cart/lines/{line}/", {"quantity": 5}).status_code == 404
        assert other.delete(f"/api/cart/lines/{line}/").status_code == 404
        assert other.get("/api/cart/").json()["lines"] == []
    for wrong in ("", "x" * 43, token[:-1]):
        assert APIClient().get("/api/cart/", headers={"X-Cart-Token": wrong}).status_code == 404
    assert not Cart.objects.filter(token_digest=token).exists()
    assert "token" not in client.get("/api/cart/").json()
    assert CartLine.objects.get().quantity == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sku": "NONE", "quantity": 1}, "sku"),
        ({"sku": "CHAIR", "quantity": 0}, "quantity"),
        ({"sku": "CHAIR", "quantity": 10_001}, "quantity"),
        ({"sku": "CHAIR", "quantity": 1, "unit_price": "0.01"}, "unit_price"),
    ],
)
def test_what_cannot_be_put_in_is_refused_by_field(body: dict[str, Any], field: str) -> None:
    make_product("CHAIR")
    client, _token = guest()
    answer = client.post("/api/cart/lines/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_ten_clicks_at_once_put_in_ten_pieces() -> None:
    make_product("CHAIR")
    _client, token = guest()
    headers = {"X-Cart-Token": token}
    body = {"sku": "CHAIR", "quantity": 1}
    at_once([lambda: APIClient().post("/api/cart/lines/", body, headers=headers).status_code] * 10)
    assert CartLine.objects.get().quantity == 10


def test_the_cart_costs_at_the_checkout_what_it_showed() -> None:
    make_product("CHAIR", price="10.00")
    red = Variant.objects.create(product=make_product("LAMP"), sku="LAMP-RED", price=Money("3.33", "GBP"))
    set_variant_stock({red.pk: 5})
    TaxRate.objects.create(country="GB", percent=20)
    ShippingRate.objects.create(country="GB", fee=Money("4.99", "GBP"))
    Coupon.objects.create(code="TEN", percent=10)
    client, token = guest()
    put_in(client, "CHAIR", 2)
    put_in(client, "LAMP-RED", 1)
    shown = client.patch("/api/cart/", {"coupon": "ten", "country": "gb"}).json()
    assert (shown["discount"], shown["shipping_fee"], shown["tax"]) == ("2.33", "4.99", "5.20")

    assert check_out(client, cart=token, **GUEST).json()["errors"][0]["field"] == "shipping_address"
    receipt = check_out(client, cart=token, shipping_address=HOME, **GUEST).json()
    names = ("subtotal", "discount", "shipping_fee", "tax", "total", "currency")
    assert {name: receipt[name] for name in names} == {name: shown[name] for name in names}
    assert [line["sku"] for line in receipt["lines"]] == ["CHAIR", "LAMP-RED"]
    emptied = client.get("/api/cart/").json()
    assert (emptied["lines"], emptied["coupon"]) == ([], "")
    again = check_out(client, cart=token, shipping_address=HOME, **GUEST)
    assert (again.status_code, again.json()) == (201, receipt)
    assert check_out(client, "two", cart=token, shipping_address=HOME, **GUEST).json()["errors"][0]["code"] == "empty"


def test_a_declined_card_leaves_the_cart_as_it_is() -> None:
    make_product("CHAIR")
    client, token = guest()
    put_in(client, "CHAIR", 2)
    assert check_out(client, cart=token, card={"number": DECLINED_CARD}, **GUEST).status_code == 402
    assert CartLine.objects.get().quantity == 2


def test_a_coupon_that_does_not_count_is_told_and_left_out() -> None:
    make_product("CHAIR", price="10.00")
    client, _token = guest()
    put_in(client, "CHAIR")
    shown = client.patch("/api/cart/", {"coupon": "NONE"}).json()
    assert (shown["total"], shown["problems"][0]["code"]) == ("10.00", "coupon-refused")
    assert client.patch("/api/cart/", {"country": "ZZ"}).status_code == 400
    assert client.patch("/api/cart/", {"currency": "EUR"}).json()["total"] is None  # no exchange rate


def test_a_log_in_pours_the_guests_cart_into_the_customers() -> None:
    make_product("CHAIR")
    make_product("LAMP")
    own, ann = customer_client()
    put_in(own, "CHAIR", 1)
    client, token = guest()
    put_in(client, "CHAIR", 2)
    put_in(client, "LAMP", 3)
    request = RequestFactory().post("/", headers={"X-Cart-Token": token})
    for _time in range(2):
        user_logged_in.send(User, user=ann.user, request=request)
    assert dict(CartLine.objects.values_list("product__sku", "quantity")) == {"CHAIR": 3, "LAMP": 3}
    assert Cart.objects.get().customer == ann
    assert client.get("/api/cart/").status_code == 404
    assert own.post("/api/cart/merge/", {"token": token}).json()["lines"][1]["quantity"] == 3
    assert APIClient().post("/api/cart/merge/", {"token": token}).status_code == 401


def test_a_customer_buys_the_own_cart_to_the_default_address_and_for_nobody_else() -> None:
    make_product("CHAIR")
    client, ann = customer_client()
    Address.objects.create(customer=ann, **HOME | {"country": "GB"}, is_default_shipping=True)
    put_in(client, "CHAIR", 2)
    elsewhere = {"customer": {"email": "bob@example.com", "name": "Bob"}}
    assert check_out(client, cart="own", **elsewhere).json()["errors"][0]["field"] == "customer.email"
    assert check_out(client, cart="own").status_code == 201
    order = Order.objects.get()
    assert (order.customer, order.shipping_address["city"], order.unit_count) == (ann, "London", 2)
    assert check_out(APIClient(), cart="own", **GUEST).json()["errors"][0]["code"] == "unknown"
    assert check_out(APIClient(), lines=[{"sku": "CHAIR", "quantity": 1}]).json()["errors"][0]["field"] == "customer"


def test_a_cart_takes_as_many_statements_however_full_it_is() -> None:
    skus = [make_product().sku for _number in range(20)]
    client, _token = guest()

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/cart/")
        return len(captured)

    put_in(client, skus[0])
    one = statements()
    for sku in skus:
        put_in(client, sku)
    assert statements() == one


def test_guests_carts_are_cleared_away_and_customers_stay() -> None:
    make_product("CHAIR")
    put_in(guest()[0], "CHAIR")
    put_in(guest()[0], "CHAIR")
    put_in(customer_client()[0], "CHAIR")
    long_ago = timezone.now() - timezone.timedelta(days=61)
    Cart.objects.order_by("pk").exclude(pk=Cart.objects.filter(customer=None).last().pk).update(updated_at=long_ago)
    assert (sweep_forgotten_carts(), Cart.objects.count()) == (1, 2)


def test_a_cart_that_is_sent_five_times_at_once_is_bought_once() -> None:
    """Two clicks with a key each: what is being bought, or was, is not bought again."""
    chair = make_product("CHAIR", available=50)
    client, token = guest()
    put_in(client, "CHAIR", 2)
    answers = at_once([lambda key=key: check_out(APIClient(), key, cart=token, **GUEST) for key in "abcde"])
    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert {answer.status_code for answer in answers} <= {201, 400, 409}
    assert (Order.objects.count(), available(chair)) == (1, 48)
    put_in(client, "CHAIR", 1)
    assert check_out(client, "next", cart=token, **GUEST).status_code == 201


def test_a_cart_whose_payment_is_undecided_is_not_bought_again(settings: Settings) -> None:
    make_product("CHAIR", available=50)
    client, token = guest()
    put_in(client, "CHAIR", 2)
    provider, settings.PAYMENT_PROVIDER = settings.PAYMENT_PROVIDER, "tests.shop.providers.Silent"
    assert check_out(client, "lost", cart=token, **GUEST).status_code == 503
    settings.PAYMENT_PROVIDER = provider
    refused = check_out(client, "again", cart=token, **GUEST)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:backroom:cart-is-bought")
    assert Order.objects.count() == 1


def test_a_cart_of_two_currencies_is_sold_in_the_one_that_it_shows() -> None:
    make_product("CHAIR", price="10.00")
    lamp = make_product("LAMP")
    Product.objects.filter(pk=lamp.pk).update(price=Money("5.00", "EUR"), price_currency="EUR")
    ExchangeRate.objects.create(currency="EUR", rate=2)
    client, token = guest()
    put_in(client, "CHAIR")
    shown = put_in(client, "LAMP")
    receipt = check_out(client, cart=token, **GUEST).json()
    assert (shown["total"], shown["currency"]) == ("12.50", "GBP") == (receipt["total"], receipt["currency"])


def test_nobody_opens_carts_without_end(settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"cart": (2, 60)}
    assert [APIClient().post("/api/cart/").status_code for _time in range(3)] == [201, 201, 429]
