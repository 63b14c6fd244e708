"""GET /api/orders/<number>/history/: customers see their own order's past, staff all of everybody's."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from shop.customers.models import Customer
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, hold, note, release
from tests.shop.builders import BUYER, buy, make_product, staff_client, staff_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
CLERK = "user:1000000"
OWN_FIELDS = {"charge_id", "captured_at", "held_at", "hold_reason", "note_count", "affiliate", "unsaid"}


@pytest.fixture
def order() -> Order:
    """Placed, paid, a piece cancelled, held, noted, released, packed by a clerk, shipped by the warehouse."""
    order = buy(LineWish(make_product().sku, 3))
    cancel(order, {1: 1}, by=CLERK)
    hold(order.pk, reason="Suspicious")
    note(order, "Strange fellow", by=CLERK)
    release(order.pk, by=CLERK)
    advance(order, "packed", by=CLERK)
    return advance(order, "shipped", by="system:warehouse", carrier="DHL", tracking_number="JD01")


@pytest.fixture
def owner(order: Order) -> APIClient:
    user = User.objects.create_user("someone", BUYER.email)
    Customer.objects.filter(pk=order.customer_id).update(user=user)
    client = APIClient()
    client.force_authenticate(user)
    return client


def path(order: Order, **points: Any) -> str:
    query = "&".join(f"{name.rstrip('_')}={quote(str(value))}" for name, value in points.items())
    return f"/api/orders/{order.number}/history/?{query}"


def past(client: APIClient, order: Order, **points: Any) -> dict[str, Any]:
    answer = client.get(path(order, **points))
    assert answer.status_code == 200, answer.json()
    document: dict[str, Any] = answer.json()
    return document


def test_customers_see_what_happened_and_nothing_of_what_staff_think(owner: APIClient, order: Order) -> None:
    document = past(owner, order)
    assert [(one["version"], one["event"]) for one in document["events"]] == [
        (1, "order.placed"), (2, "order.paid"), (3, "order.cancelled"), (4, "order.refunded"), (8, "order.packed"),
        (9, "order.shipped"),
    ]  # fmt: skip
    assert [one["by"] for one in document["events"]][-2:] == ["staff", "system"]
    assert document["events"][-1]["details"] == {"carrier": "DHL", "tracking_number": "JD01"}
    assert {one["staff"] for one in document["events"]} == {None}
    assert document["state"]["staff"] is None
    assert (document["state"]["status"], document["state"]["cancelled_total"]) == ("shipped", "10.00")
    assert OWN_FIELDS.isdisjoint(document["state"])
    for secret in ("Suspicious", "Strange fellow", CLERK, "order.held", "order.noted", "charge"):
        assert secret not in str(document), secret
    between = past(owner, order, from_=2, to=6)
    assert [one["field"] for one in between["changes"]] == ["cancelled_total", "refunded_total", "cancelled_unit_count"]


def test_staff_see_who_why_and_what_the_log_says(order: Order) -> None:
    document = past(staff_client("orders.view_order"), order)
    assert [one["event"] for one in document["events"]][4:7] == ["order.held", "order.noted", "order.released"]
    packed = document["events"][7]
    assert (packed["staff"]["actor"], packed["staff"]["payload"]["packed_at"]) == (
        CLERK,
        document["state"]["packed_at"],
    )
    assert packed["staff"]["causation_id"] is None
    assert document["state"]["staff"]["note_count"] == 1
    assert "Strange fellow" not in str(document)


def test_an_order_is_shown_as_it_was_at_a_version_or_an_instant(owner: APIClient, order: Order) -> None:
    paid = past(owner, order, at=2)
    assert (paid["version"], paid["state"]["status"], paid["state"]["cancelled_unit_count"]) == (2, "paid", 0)
    assert [one["version"] for one in paid["events"]] == [1, 2]
    at = past(owner, order, at=8)["at"]
    assert past(owner, order, at=at) == past(owner, order, at=8)
    assert past(owner, order, at=at)["state"]["carrier"] == ""
    assert past(owner, order, at="2999-01-01T00:00:00+02:00") == past(owner, order)


def test_two_points_are_compared_field_by_field(order: Order) -> None:
    staff = staff_client("orders.view_order")
    document = past(staff, order, from_=4, to=5)
    assert [one["event"] for one in document["events"]] == ["order.held"]
    held_at = document["state"]["staff"]["held_at"]
    assert document["changes"] == [
        {"field": "held_at", "before": None, "after": held_at},
        {"field": "hold_reason", "before": "", "after": "Suspicious"},
    ]
    assert {one["field"] for one in past(staff, order, from_=8)["changes"]} == {
        "status", "shipped_at", "carrier", "tracking_number",
    }  # fmt: skip
    assert past(staff, order, from_=3, to=3)["changes"] == []


@pytest.mark.parametrize(
    ("points", "status", "field"),
    [
        ({"at": "soon"}, 400, "at"),
        ({"at": "2024-05-31T10:00:00"}, 400, "at"),
        ({"at": ""}, 400, "at"),
        ({"at": "1", "from_": "1"}, 400, "at"),
        ({"to": "1"}, 400, "from"),
        ({"from_": "3", "to": "2"}, 400, "from"),
        ({"from_": "1", "to": "never"}, 400, "to"),
        ({"at": "0"}, 404, ""),
        ({"at": "10"}, 404, ""),
        ({"at": "2001-01-01T00:00:00Z"}, 404, ""),
        ({"from_": "2001-01-01T00:00:00Z"}, 404, ""),
    ],
)
def test_a_point_that_is_none_is_refused_clearly(
    owner: APIClient, order: Order, points: dict[str, str], status: int, field: str
) -> None:
    answer = owner.get(path(order, **points))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == ([field] if field else [])
    assert order.number in answer.json()["detail"] or status == 400


def test_nobody_sees_the_past_of_an_order_that_is_not_theirs(order: Order) -> None:
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("stranger"))
    assert stranger.get(path(order)).status_code == 404
    assert staff_client().get(path(order)).status_code == 404
    assert APIClient().get(path(order)).status_code == 401


def test_the_admin_shows_the_order_at_any_point_beside_any_other(order: Order, admin_client: Client) -> None:
    page = reverse("admin:orders_order_history", args=[order.pk])

    def shown(query: str = "") -> str:
        answer = admin_client.get(page + query)
        assert answer.status_code == 200
        return answer.content.decode()

    assert "DHL" in shown()
    before = shown("?at=5")
    assert before.count('class="changed"') == 7  # status, three instants, hold, carrier, tracking number, notes
    assert 'value="5" selected' in before
    assert "?at=4" in before
    assert "?at=6" in before
    assert shown("?at=4&with=5").count('class="changed"') == 2
    for nonsense in ("?at=99", "?at=x", "?at=0", "?with=-1", "?at=%D9%A3"):
        assert "the present is shown" in shown(nonsense), nonsense


def test_the_timeline_of_the_admin_says_who_did_it_and_why(
    order: Order, admin_user: User, admin_client: Client
) -> None:
    admin_client.post(
        reverse("admin:orders_order_deliver_order", args=[order.pk]), {"_form_submitted": "on"}, follow=True
    )
    html = admin_client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert f'title="user:{admin_user.pk}">{admin_user.username}<' in html
    assert "system:warehouse" in html
    assert reverse("admin:orders_order_history", args=[order.pk]) + "?at=10" in html
    assert "/admin/events/event/?q=" in html


def test_the_past_in_the_admin_needs_the_permission_to_view_orders(order: Order) -> None:
    page = reverse("admin:orders_order_history", args=[order.pk])
    for permissions, status in ((("orders.view_order",), 200), (("orders.cancel_order",), 403)):
        client = Client()
        client.force_login(staff_user(*permissions))
        assert client.get(page).status_code == status
