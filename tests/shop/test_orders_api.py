"""Orders over HTTP and in the admin, for staff; who may do what is in test_order_access.py."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from events.models import Event
from shop.orders.models import Order, Reversal
from shop.orders.operations import LineWish
from tests.shop.builders import available, buy, logged, make_product, staff_client, staff_user

pytestmark = pytest.mark.django_db(transaction=True)
READER, CANCELLER = ("orders.view_order",), ("orders.view_order", "orders.cancel_order")


def cancel_path(order: Order) -> str:
    return f"/api/orders/{order.number}/cancel/"


def test_staff_list_and_read_orders_in_a_constant_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    chair = make_product(available=100)
    orders = [buy(*[LineWish(chair.sku, 1)] * 3) for _ in range(5)]
    client = staff_client(*READER)
    client.get("/api/orders/")  # fills the permission cache
    with django_assert_num_queries(1):  # orders with customers
        listed = client.get("/api/orders/").json()
    assert [order["number"] for order in listed["results"]] == [order.number for order in reversed(orders)]
    with django_assert_num_queries(4):  # order with customer, lines with products, what was taken back, notes
        order = client.get(f"/api/orders/{orders[0].number}/").json()
    assert (order["customer"], len(order["lines"]), order["total"]) == ("someone@example.com", 3, "30.00")


def test_orders_are_filtered_by_status_and_customer() -> None:
    buy(LineWish(make_product().sku, 1))
    client = staff_client(*READER)
    for query, count in (("status=paid&customer=SOMEONE@example.com", 1), ("status=cancelled", 0), ("held=true", 0)):
        assert len(client.get(f"/api/orders/?{query}").json()["results"]) == count
    assert client.get("/api/orders/?status=nonsense").status_code == 400


def test_orders_of_one_moment_are_each_on_one_page() -> None:
    chair = make_product(available=100)
    for _order in range(8):
        buy(LineWish(chair.sku, 1))
    Order.objects.update(created_at=Order.objects.latest("pk").created_at)
    for ordering in ("-created_at", "created_at", "total", ""):
        page: dict[str, Any] = {"next": f"/api/orders/?ordering={ordering}&page_size=3"}
        numbers = []
        while page["next"]:
            page = staff_client(*READER).get(page["next"]).json()
            numbers += [order["number"] for order in page["results"]]
        assert sorted(numbers) == sorted(Order.objects.values_list("number", flat=True)), ordering
    for made_up in ("cD1nYXJiYWdl", "nonsense"):
        assert staff_client(*READER).get(f"/api/orders/?ordering=total&cursor={made_up}").status_code == 404


def test_staff_cancel_some_lines_and_then_the_rest() -> None:
    chair = make_product(price="10.00", available=5)
    order = buy(LineWish(chair.sku, 2), LineWish(chair.sku, 1))
    client = staff_client(*CANCELLER)
    part = {"lines": [{"position": 1, "quantity": 1}], "reason": "Scratched"}
    answer = client.post(cancel_path(order), part, format="json")
    assert (answer.status_code, answer.json()["status"], answer.json()["cancelled_total"]) == (200, "paid", "10.00")
    assert [line["cancelled_quantity"] for line in answer.json()["lines"]] == [1, 0]
    answer = client.post(cancel_path(order), {}, format="json")
    assert (answer.json()["status"], answer.json()["cancelled_total"]) == ("cancelled", "30.00")
    assert available(chair) == 5
    assert list(Reversal.objects.values_list("number", "reason", "status")) == [
        (1, "Scratched", "done"),
        (2, "", "done"),
    ]
    answer = client.post(cancel_path(order), {}, format="json")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:backroom:cannot-cancel")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"lines": []}, 400),
        ({"lines": [{"position": 1, "quantity": 0}]}, 400),
        ({"lines": [{"position": 9, "quantity": 1}]}, 400),
        ({"lines": [{"position": 1, "quantity": 1}, {"position": 1, "quantity": 1}]}, 400),
        ({"lines": None}, 400),
        ({"amount": "1.00"}, 400),
        ({"reason": "x" * 201}, 400),
        ({"lines": [{"position": 1, "quantity": 3}]}, 409),
    ],
)
def test_a_cancellation_that_is_not_valid_changes_nothing(body: dict[str, Any], status: int) -> None:
    order = buy(LineWish(make_product().sku, 2))
    answer = staff_client(*CANCELLER).post(cancel_path(order), body, format="json")
    assert answer.status_code == status, answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert not Reversal.objects.exists()


def test_cancelling_while_the_provider_is_silent_answers_503_and_is_kept(settings: Settings) -> None:
    order = buy(LineWish(make_product().sku, 2))
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    answer = staff_client(*CANCELLER).post(cancel_path(order), {}, format="json")
    assert answer.status_code == 503
    assert Reversal.objects.get().status == "refunding"


def test_an_unknown_order_is_not_found() -> None:
    assert staff_client(*CANCELLER).get("/api/orders/%00/").status_code == 404
    assert staff_client(*CANCELLER).get("/api/orders/BR-NONE/").status_code == 404
    assert staff_client(*CANCELLER).post("/api/orders/BR-NONE/cancel/", {}, format="json").status_code == 404


def test_the_admin_cancels_by_a_confirmed_post_and_never_by_a_link(admin_client: Client, admin_user: User) -> None:
    order = buy(LineWish(make_product().sku, 2))
    path = reverse("admin:orders_order_cancel_order", args=[order.pk])
    assert "Cancel this order?" in admin_client.get(path).content.decode()
    assert Order.objects.get().status == "paid"

    answer = admin_client.post(path, {"_form_submitted": "on", "reason": "By phone"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("admin:orders_order_change", args=[order.pk])
    assert Order.objects.get().status == "cancelled"
    assert Reversal.objects.values_list("by", "reason").get() == (f"user:{admin_user.pk}", "By phone")
    assert Event.objects.get(name="order.cancelled").actor == f"user:{admin_user.pk}"

    again = admin_client.post(path, {"_form_submitted": "on"}, follow=True)
    assert "was not cancelled" in again.content.decode()
    assert len(logged("order.cancelled")) == 1


def test_the_admin_needs_a_csrf_token_and_the_permission_to_cancel(admin_user: User) -> None:
    order = buy(LineWish(make_product().sku, 2))
    path = reverse("admin:orders_order_cancel_order", args=[order.pk])
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(admin_user)
    assert forged.post(path, {"_form_submitted": "on"}).status_code == 403

    viewer, blind = Client(), Client()
    viewer.force_login(staff_user(*READER))
    blind.force_login(staff_user("orders.cancel_order"))
    assert viewer.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 200
    for client in (viewer, blind):
        assert client.post(path, {"_form_submitted": "on"}).status_code == 403
    assert Order.objects.get().status == "paid"


@pytest.mark.parametrize("number", ["abc", "0", "9" * 30, "1.5"])
def test_the_admin_finds_no_order_to_cancel_where_there_is_none(admin_client: Client, number: str) -> None:
    path = reverse("admin:orders_order_cancel_order", args=[number])
    assert admin_client.post(path, {"_form_submitted": "on"}).status_code == 404
