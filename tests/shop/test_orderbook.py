"""The order book says what the tables say, is one indexed read, and can be made again from the log."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from events.api import last_position
from events.testing import Rehearsal
from shop.customers.models import Customer
from shop.orderbook.models import OrderDetail, OrderListEntry
from shop.orders.documents import OrderDocument, OrderSummary
from shop.orders.models import Order
from shop.orders.operations import LineWish, cancel, hold
from tests.shop.builders import buy, checkout_document, customer_client, make_product, staff_client, staff_user
from tests.shop.playing import play
from tests.shop.rebuilding import made_again

pytestmark = pytest.mark.django_db(transaction=True)
READER = ("orders.view_order",)


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (OrderListEntry, OrderDetail)]


def listed(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"/api/orders/?page_size=100&{query}").json()["results"]


def from_tables(orders: list[Order], document: type[OrderSummary]) -> list[dict[str, Any]]:
    """What the tables say, for staff."""
    request = RequestFactory().get("/")
    request.user = staff_user(*READER)
    return json.loads(JSONRenderer().render(document(orders, many=True, context={"request": request}).data))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_orders_the_book_says_what_the_tables_say(seed: int) -> None:
    orders = play(seed)
    staff = staff_client(*READER)
    assert listed(staff) == from_tables(orders, OrderSummary)
    assert [staff.get(f"/api/orders/{one.number}/").json() for one in orders] == from_tables(orders, OrderDocument)
    assert OrderDetail.objects.count() == OrderListEntry.objects.count() == len(orders)


@pytest.mark.parametrize("seed", [4, 5])
def test_made_again_from_the_log_the_book_is_the_same(seed: int) -> None:
    play(seed)
    live = rows()
    OrderListEntry.objects.update(status="placed", total=0)
    OrderDetail.objects.all().delete()
    made_again("orders.book")
    assert rows() == live


#: For whom, narrowed and ordered how, and by which index.
READINGS = [
    ("owner", "", "listed_order_of_customer"),
    ("staff", "", "orderbook_orderlistentry_pkey"),
    ("staff", "status=packed", "listed_order_by_status"),
    ("staff", "ordering=-created_at", "listed_order_by_created_at"),
    ("staff", "ordering=total", "listed_order_by_total"),
    ("staff", "customer=someone@example.com", "listed_order_of_customer"),
    ("staff", "search=someo", "listed_order_of_customer"),
    ("staff", "search=OLD-77", "orderbook_orderlistentry_number"),
]


def test_the_list_is_one_query_that_reads_one_table_by_an_index_and_joins_nothing() -> None:
    order = buy(LineWish(make_product().sku, 1))
    owner, staff = APIClient(), staff_client(*READER)
    owner.force_authenticate(User.objects.create_user("someone"))
    Customer.objects.filter(pk=order.customer_id).update(user=User.objects.get(username="someone"))
    _sell_for_years(OrderListEntry.objects.get())
    clients = {"owner": owner, "staff": staff}
    listed(staff)  # fills the permission cache
    for who, query, index in READINGS:
        with CaptureQueriesContext(connection) as queries:
            assert listed(clients[who], query)
        (statement,) = [one["sql"] for one in queries]
        plan = _plan(statement)
        assert "JOIN" not in statement.upper()
        assert "Join" not in plan
        assert "orders_order" not in plan
        assert "Seq Scan on orderbook" not in plan, plan
        assert f"on {index}" in plan or f"using {index}" in plan, plan


def _sell_for_years(entry: OrderListEntry) -> None:
    """So many orders of others that nobody would read the table from end to end."""
    columns = {field.attname: getattr(entry, field.attname) for field in OrderListEntry._meta.concrete_fields}
    made_up = [
        columns
        | {
            "order_id": entry.pk + number,
            "number": f"OLD-{number}",
            "customer_id": entry.customer_id + 1 + number % 5_000,
            "status": "packed" if number % 1_000 == 0 else "delivered",
            "total": number,
            "created_at": entry.created_at - timedelta(minutes=number),
        }
        for number in range(1, 20_001)
    ]
    OrderListEntry.objects.bulk_create([OrderListEntry(**one) for one in made_up])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orderbook_orderlistentry")


def _plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement.replace('%', '%%')}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_an_order_that_is_not_in_the_book_yet_is_shown_to_its_owner_from_the_tables(events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 2))
    owner = APIClient()
    owner.force_authenticate(User.objects.create_user("someone"))
    Customer.objects.filter(pk=order.customer_id).update(user=User.objects.get(username="someone"))
    early = owner.get(f"/api/orders/{order.number}/")
    assert (early.status_code, listed(owner)) == (200, [])
    events.deliver_twice("orders.book")
    assert owner.get(f"/api/orders/{order.number}/").json() == early.json()
    assert [one["number"] for one in listed(owner)] == [order.number]


def test_the_book_holds_nothing_about_people_and_shows_what_is_true_of_them_now() -> None:
    product = make_product("CHAIR")
    order = buy(LineWish("CHAIR", 1))
    Order.objects.update(shipping_address={"name": "Ann Lee", "city": "York"})
    assert "someone@example.com" not in str(rows())
    Customer.objects.update(email="other@example.com")
    product.sku = "SEAT"
    product.save()
    shown = staff_client(*READER).get(f"/api/orders/{order.number}/").json()
    assert (shown["customer"], shown["shipping_address"]["city"]) == ("other@example.com", "York")
    assert shown["lines"][0]["sku"] == "SEAT"
    assert listed(staff_client(*READER), "customer=OTHER@example.com")[0]["customer"] == "other@example.com"
    assert "York" not in str(rows())


def test_a_hold_and_a_cancellation_are_in_the_book_once_however_often_they_are_delivered(events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 5))
    cancel(order, {1: 2}, by="test")
    cancel(order, {1: 2}, by="test")
    hold(order.pk, reason="looks odd")
    events.deliver_twice("orders.book")
    events.deliver_twice("orders.book")
    detail = OrderDetail.objects.select_related("entry").get()
    assert (detail.entry.cancelled_unit_count, detail.entry.is_held, detail.held_at is None) == (4, True, False)
    assert (detail.lines[0]["cancelled_quantity"], detail.counted) == (4, [1, 2])
    assert [one["number"] for one in listed(staff_client(*READER), "held=true")] == [order.number]
    owner = APIClient()
    owner.force_authenticate(User.objects.create_user("owner", order.customer.email))
    Customer.objects.filter(pk=order.customer_id).update(user=User.objects.get(username="owner"))
    assert listed(owner, "held=true") == listed(owner, "held=false") != []  # customers do not learn of it


def test_customers_see_their_own_orders_and_staff_need_the_right_to_see_others() -> None:
    (ann, customer), (bob, _other) = customer_client("ann"), customer_client("bob")
    mine, anybodys = buy(LineWish(make_product().sku, 1)), buy(LineWish(make_product().sku, 2))
    Customer.objects.filter(pk=mine.customer_id).update(email="former@example.com")
    OrderListEntry.objects.filter(pk=mine.pk).update(customer_id=customer.pk)
    Order.objects.filter(pk=mine.pk).update(customer=customer)
    assert [one["number"] for one in listed(ann)] == [mine.number]
    assert listed(ann, "customer=former@example.com") == listed(ann, f"search={anybodys.number}") == []
    assert ann.get(f"/api/orders/{mine.number}/").json()["staff"] is None
    for stranger in (bob, staff_client()):
        assert listed(stranger) == []
        assert stranger.get(f"/api/orders/{mine.number}/").status_code == 404
    assert APIClient().get("/api/orders/").status_code == 401
    assert len(listed(staff_client(*READER))) == 2


def test_a_customer_sees_the_order_that_was_placed_just_now() -> None:
    ann, _customer = customer_client()
    product = make_product("CHAIR")
    document = {key: value for key, value in checkout_document({"sku": "CHAIR", "quantity": 1}).items()
                if key != "customer"}  # fmt: skip
    placed = ann.post("/api/checkout/", document, format="json", headers={"Idempotency-Key": "one"})
    assert placed.status_code == 201, placed.json()
    again = ann.get(f"/api/orders/?after={placed['Log-Position']}")
    assert [one["number"] for one in again.json()["results"]] == [placed.json()["number"]]
    assert "Read-Model-Behind" not in again
    patched = staff_client("catalog.change_product", "catalog.view_product").patch(
        f"/api/products/{product.pk}/", {"tags": ["new"]}, format="json"
    )
    shown = ann.get(f"/api/products/CHAIR/?after={patched['Log-Position']}")
    assert shown.json()["tags"] == ["new"]


def test_what_the_book_does_not_know_yet_is_said_beside_the_answer(events: Rehearsal, settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"read_after_seconds": 0.0}
    buy(LineWish(make_product().sku, 1))
    staff = staff_client(*READER)
    position = last_position()
    late = staff.get(f"/api/orders/?after={position}")
    assert (late.status_code, late["Read-Model-Behind"]) == (200, "2")
    events.deliver("orders.book")
    assert "Read-Model-Behind" not in staff.get(f"/api/orders/?after={position}")


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "٣"])
def test_what_is_no_position_is_refused(after: str) -> None:
    answer = staff_client(*READER).get(f"/api/orders/?after={after}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")
