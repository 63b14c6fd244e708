"""Who may see an order and do what with it, over HTTP and in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.customers.models import Customer
from shop.orders.models import Order, OrderNote
from shop.orders.operations import LineWish, advance, hold, request_return
from tests.shop.builders import buy, event_names, make_product, staff_client, staff_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events")]
FULFIL = ("orders.view_order", "orders.fulfil_order")
ALL = (
    *FULFIL, "orders.cancel_order", "orders.return_order", "orders.hold_order", "orders.add_ordernote",
)  # fmt: skip
#: Every action with a body that is good for an order that is paid.
ACTIONS: dict[str, Any] = {
    "cancel": {"reason": "x"},
    "request-return": {},
    "return": {"restock": False},
    "receive-return": {"return_number": 1},
    "reject-return": {"return_number": 1},
    "pack": {},
    "ship": {"carrier": "DHL"},
    "deliver": {},
    "hold": {"reason": "x"},
    "release": {},
    "note": {"text": "x"},
}


def path(order: Order, action: str = "") -> str:
    return f"/api/orders/{order.number}/" + (f"{action}/" if action else "")


def owner_of(order: Order) -> APIClient:
    """Whoever is logged in as the customer of the order."""
    user = User.objects.create_user("someone", email=order.customer.email)
    Customer.objects.filter(pk=order.customer_id).update(user=user)
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def order() -> Order:
    return buy(LineWish(make_product(available=9).sku, 2))


def test_customers_see_their_own_orders_and_no_others_exist(order: Order, events: Rehearsal) -> None:
    hold(order.pk, reason="Suspicious")
    OrderNote.objects.create(order=order, text="Strange fellow", by="user:1")
    events.deliver("orders.book")
    owner, stranger, clerk = owner_of(order), APIClient(), staff_client()
    stranger.force_authenticate(User.objects.create_user("stranger"))
    assert [one["number"] for one in owner.get("/api/orders/").json()["results"]] == [order.number]
    shown = owner.get(path(order)).json()
    assert (shown["status"], shown["staff"]) == ("paid", None)
    assert "Suspicious" not in str(shown)
    for other in (stranger, clerk):
        assert other.get("/api/orders/").json()["results"] == []
        assert other.get(path(order)).status_code == 404
        assert other.post(path(order, "cancel"), {}).status_code == 404
        assert other.post(path(order, "request-return"), {}).status_code == 404
    assert APIClient().get(path(order)).status_code == APIClient().get("/api/orders/").status_code == 401
    seen = staff_client("orders.view_order").get(path(order)).json()["staff"]
    assert (seen["hold_reason"], seen["notes"][0]["text"]) == ("Suspicious", "Strange fellow")


def test_customers_cancel_and_ask_for_returns_and_do_nothing_else(order: Order, settings: Settings) -> None:
    owner = owner_of(order)
    for action, body in ACTIONS.items():
        if action not in {"cancel", "request-return"}:
            assert owner.post(path(order, action), body).status_code == 403, action
    answer = owner.post(path(order, "cancel"), {"lines": [{"position": 1, "quantity": 1}]})
    assert (answer.status_code, answer.json()["cancelled_unit_count"]) == (200, 1)
    assert owner.post(path(order, "request-return"), {}).status_code == 409
    advance(order, "packed", by="user:1")
    refused = owner.post(path(order, "cancel"), {})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:backroom:cannot-cancel")
    advance(order, "delivered", by="user:1")
    answer = owner.post(path(order, "request-return"), {"reason": "Too big"}).json()
    asked = answer["reversals"][-1]
    assert (asked["kind"], asked["status"], asked["lines"]) == ("return", "requested", [{"position": 1, "quantity": 1}])
    assert answer["status"] == "delivered"
    settings.RETURN_DAYS = -1
    assert owner.post(path(order, "request-return"), {}).json()["detail"].endswith("for returns are over.")


@pytest.mark.parametrize("action", [action for action in ACTIONS if action != "request-return"])
def test_every_action_needs_its_own_permission(order: Order, action: str) -> None:
    needed = {"cancel": "cancel_order", "note": "add_ordernote"}.get(action) or {
        "p": "fulfil_order", "s": "fulfil_order", "d": "fulfil_order", "h": "hold_order",
    }.get(action[0], "hold_order" if action == "release" else "return_order")  # fmt: skip
    others = [one for one in ALL if one != f"orders.{needed}"]
    for client in (staff_client(*others), staff_client(f"orders.{needed}")):
        assert client.post(path(order, action), ACTIONS[action]).status_code in (403, 404)
    assert Order.objects.get().status == "paid"
    answer = staff_client("orders.view_order", f"orders.{needed}").post(path(order, action), ACTIONS[action])
    assert answer.status_code == (409 if "return" in action else 200), answer.json()
    assert staff_client(*ALL).post(path(order, "request-return"), {}).status_code == 403


def test_staff_take_an_order_the_whole_way_and_back(order: Order) -> None:
    staff = staff_client(*ALL)
    for action in ("hold", "release", "pack", "pack", "ship", "deliver", "note"):
        assert staff.post(path(order, action), ACTIONS[action]).status_code == 200, action
    request_return(order, {1: 1}, by="user:2", now=Order.objects.get().delivered_at)
    assert staff.post(path(order, "receive-return"), {"return_number": 1}).json()["status"] == "delivered"
    done = staff.post(path(order, "return"), {"restock": False}).json()
    assert (done["status"], done["returned_total"], done["carrier"]) == ("returned", "20.00", "DHL")
    assert event_names("order.")[2:] == [
        "order.held", "order.released", "order.packed", "order.shipped", "order.delivered", "order.noted",
        "order.return_requested", "order.return_arrived", "order.return_decided", "order.returned", "order.refunded",
        "order.returned", "order.refunded",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("ship", {}),
        ("ship", {"carrier": "DHL", "status": "delivered"}),
        ("hold", {"reason": ""}),
        ("return", {"amount": "99.00"}),
        ("return", {"restock": "yes"}),
        ("cancel", {"total": "1.00"}),
        ("note", {"text": "x", "by": "user:1"}),
        ("receive-return", {"return_number": 0}),
    ],
)
def test_nothing_but_what_is_documented_is_taken_from_the_client(order: Order, action: str, body: Any) -> None:
    answer = staff_client(*ALL).post(path(order, action), body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert event_names("order.")[2:] == []


def test_guests_find_their_order_by_number_and_address_and_not_too_often(order: Order, settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"look-up": (3, 60)}
    known = {"number": order.number.lower(), "email": "SOMEONE@example.com"}
    found = APIClient().post("/api/orders/look-up/", known)
    assert (found.status_code, found.json()["number"], found.json()["staff"]) == (200, order.number, None)
    wrong = APIClient().post("/api/orders/look-up/", known | {"email": "other@example.com"})
    assert (wrong.status_code, wrong["Content-Type"]) == (404, "application/problem+json")
    assert APIClient().post("/api/orders/look-up/", {"number": order.number}).status_code == 400
    refused = APIClient().post("/api/orders/look-up/", known, headers={"Accept-Language": "ar"})
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:backroom:throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    elsewhere = APIClient(REMOTE_ADDR="10.0.0.9").post("/api/orders/look-up/", known)
    assert elsewhere.status_code == 200
    forged = APIClient(HTTP_X_FORWARDED_FOR="10.1.2.3").post("/api/orders/look-up/", known)
    assert forged.status_code == 429


def test_the_admin_has_a_button_for_each_step_that_is_possible_now(order: Order, admin_client: Client) -> None:
    page = reverse("admin:orders_order_change", args=[order.pk])

    def button(name: str) -> str:
        return reverse(f"admin:orders_order_{name}", args=[order.pk])

    def press(name: str, **values: str) -> None:
        assert "_form_submitted" in admin_client.get(button(name)).content.decode()
        assert admin_client.post(button(name), {"_form_submitted": "on", **values}).status_code == 302

    def shown() -> set[str]:
        html = admin_client.get(page).content.decode()
        names = ["cancel", "pack", "ship", "deliver", "return", "hold", "release", "note"]
        return {name for name in names if button(f"{name}_order") in html}

    assert shown() == {"cancel", "pack", "ship", "hold", "note"}
    press("hold_order", reason="Looks odd")
    assert shown() == {"cancel", "release", "note"}
    press("release_order")
    press("pack_order")
    press("ship_order", carrier="DHL", tracking_number="JD01")
    assert shown() == {"deliver", "return", "note"}
    press("deliver_order")
    request_return(Order.objects.get(), {1: 1}, by="user:2", now=Order.objects.get().delivered_at)
    press("receive_return", return_number="1", restock="on")
    press("note_order", text="Came back dirty")
    press("return_order", reason="All of it")
    assert Order.objects.get().status == "returned"
    html = admin_client.get(page).content.decode()
    for words in ("returned", "JD01", "Looks odd", "Came back dirty", "DHL"):
        assert words in html, words
    press("pack_order")
    assert "stays as it is" in admin_client.get(page).content.decode()


def test_the_admin_shows_no_button_and_takes_no_post_without_the_permission(order: Order) -> None:
    viewer = Client()
    viewer.force_login(staff_user("orders.view_order"))
    html = viewer.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    for name in ("pack_order", "ship_order", "hold_order", "note_order", "return_order", "receive_return"):
        button = reverse(f"admin:orders_order_{name}", args=[order.pk])
        assert button not in html
        assert viewer.post(button, {"_form_submitted": "on"}).status_code == 403
    assert event_names("order.")[2:] == []
