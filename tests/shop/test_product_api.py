"""The shop window."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from shop.catalog.models import Product
from shop.stock.models import StockItem
from tests.shop.builders import available, event_names, logged, make_product, staff_client

pytestmark = pytest.mark.django_db
EDITOR = ("catalog.add_product", "catalog.change_product", "catalog.view_product")


def document(**fields: Any) -> dict[str, Any]:
    return {
        "sku": "CHAIR",
        "price": "10.50",
        "translations": {"en": {"name": "Oak chair"}, "ar": {"name": "كرسي", "description": "مريح"}},
        "stock": {"available": 7},
    } | fields


def test_products_are_listed_in_the_language_of_the_request(client: APIClient) -> None:
    make_product("CHAIR", price="10.50", available=3, en="Chair", ar="كرسي")
    make_product("LAMP", en="Lamp")
    english = client.get("/api/products/").json()
    assert english["count"] == 2
    chair, lamp = english["results"]
    assert (chair["name"], chair["price"], chair["currency"], chair["available"]) == ("Chair", "10.50", "GBP", 3)
    answer = client.get("/api/products/", headers={"Accept-Language": "ar"})
    chair, lamp = answer.json()["results"]
    assert (chair["name"], chair["description"], lamp["name"]) == ("كرسي", "About كرسي", "Lamp")
    assert "Accept-Language" in answer["Vary"]


def test_list_and_detail_take_the_same_number_of_queries_for_any_number_of_products(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_product("P0")
    with django_assert_num_queries(3):  # count, products with stock, texts
        client.get("/api/products/")
    for number in range(1, 20):
        make_product(f"P{number}", ar="شيء")
    with django_assert_num_queries(3):
        assert len(client.get("/api/products/").json()["results"]) == 20
    with django_assert_num_queries(2):
        client.get("/api/products/P5/")


def test_a_product_is_found_by_slug_or_sku(client: APIClient) -> None:
    make_product("OAK-CHAIR")
    make_product("gift_0001 20")
    for name in ("oak-chair", "OAK-CHAIR"):
        assert client.get(f"/api/products/{name}/").json()["sku"] == "OAK-CHAIR"
    assert client.get("/api/products/gift_0001%2020/").json()["sku"] == "gift_0001 20"
    assert client.get("/api/products/%00/").status_code == 404
    missing = client.get("/api/products/nothing/")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"
    assert missing.json()["type"] == "urn:backroom:not-found"


def test_customers_see_only_active_products_and_staff_see_all(client: APIClient) -> None:
    make_product("OLD")
    Product.objects.update(status="archived")
    assert client.get("/api/products/").json()["count"] == 0
    assert client.get("/api/products/OLD/").status_code == 404
    assert staff_client("catalog.view_product").get("/api/products/OLD/").json()["status"] == "archived"


def test_pages_and_ordering_can_be_chosen(client: APIClient) -> None:
    for price in ("3.00", "1.00", "2.00"):
        make_product(price=price)
    answer = client.get("/api/products/?ordering=-price&page_size=2").json()
    assert [product["price"] for product in answer["results"]] == ["3.00", "2.00"]
    assert client.get(answer["next"]).json()["results"][0]["price"] == "1.00"
    assert client.get("/api/products/?page=9").status_code == 404


def test_products_of_one_price_are_each_on_one_page(client: APIClient) -> None:
    for _product in range(5):
        make_product(price="1.00")
    with CaptureQueriesContext(connection) as queries:
        first = client.get("/api/products/?ordering=price&page_size=3").json()
        second = client.get(first["next"]).json()
    assert len({product["sku"] for product in first["results"] + second["results"]}) == 5
    (listing, _second) = [query["sql"] for query in queries if "LIMIT" in query["sql"]]
    assert '"catalog_product"."price" ASC, "catalog_product"."id" ASC' in listing


def test_staff_create_a_product_with_texts_price_and_stock_and_one_event() -> None:
    answer = staff_client(*EDITOR).post("/api/products/", document(), format="json")
    assert answer.status_code == 201, answer.json()
    assert (answer.json()["slug"], answer.json()["available"]) == ("oak-chair-chair", 7)
    product = Product.objects.get()
    assert (product.name_in("ar"), product.description_in("ar")) == ("كرسي", "مريح")
    assert event_names() == ["product.created"]


def test_staff_change_parts_of_a_product_with_one_event() -> None:
    product = make_product("CHAIR", price="10.00", en="Chair")
    change = {"price": "12.00", "translations": {"en": {"name": "Stool"}}, "stock": {"available": 1, "low_at": 3}}
    answer = staff_client(*EDITOR).patch("/api/products/CHAIR/", change, format="json")
    assert answer.status_code == 200, answer.json()
    stored = Product.objects.get()
    assert (stored.name_in("en"), stored.description_in("en")) == ("Stool", "About Chair")
    assert logged("product.updated") == [{"product_id": product.pk, "sku": "CHAIR", "changed": ["name[en]", "price"]}]
    assert StockItem.objects.values_list("available", "low_at").get() == (1, 3)


@pytest.mark.parametrize("method", ["post", "patch"])
def test_only_staff_with_the_permission_write_products(client: APIClient, method: str) -> None:
    make_product("CHAIR")
    path = "/api/products/" if method == "post" else "/api/products/CHAIR/"
    anonymous = getattr(APIClient(), method)(path, {}, format="json")
    assert (anonymous.status_code, anonymous["WWW-Authenticate"]) == (401, "Token")
    unprivileged = getattr(staff_client("catalog.view_product"), method)(path, {}, format="json")
    assert unprivileged.status_code == 403
    assert unprivileged.json()["type"] == "urn:backroom:permission-denied"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "a/b"}, "sku"),
        ({"sku": 5}, "sku"),
        ({"sku": "TAKEN"}, "sku"),
        ({"sku": "x" * 65}, "sku"),
        ({"slug": "taken"}, "slug"),
        ({"slug": "no blanks"}, "slug"),
        ({"price": "-1"}, "price"),
        ({"price": "1.001"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "1e999"}, "price"),
        ({"price": True}, "price"),
        ({"price": "9" * 2000}, "price"),
        ({"currency": "XYZ"}, "currency"),
        ({"status": "sold"}, "status"),
        ({"status": {}}, "status"),
        ({"translations": {}}, "translations"),
        ({"translations": []}, "translations"),
        ({"translations": {"ar": {"name": "كرسي"}}}, "translations"),
        ({"translations": {"en": {"name": "Chair"}, "xx": {"name": "?"}}}, "translations"),
        ({"translations": {"en": {"description": "No name"}}}, "translations.en.name"),
        ({"translations": {"en": {"name": "two\nlines"}}}, "translations.en.name"),
        ({"translations": {"en": {"name": "nul\u0000"}}}, "translations.en.name"),
        ({"translations": {"en": "Chair"}}, "translations.en"),
        ({"stock": {"available": -1}}, "stock.available"),
        ({"stock": {"available": 1.5}}, "stock.available"),
        ({"stock": {"available": 10**30}}, "stock.available"),
        ({"stock": {"low_at": 1}}, "stock.available"),
        ({"id": 1}, "id"),
        ({"created_at": "2020-01-01"}, "created_at"),
    ],
)
def test_what_is_not_valid_is_refused_by_field(fields: dict[str, Any], field: str) -> None:
    make_product("TAKEN")
    answer = staff_client(*EDITOR).post("/api/products/", document(**fields), format="json")
    assert answer.status_code == 400, answer.json()
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert field in [error["field"] for error in problem["errors"]], problem
    assert Product.objects.count() == 1


def test_a_new_text_needs_a_name_also_in_a_change() -> None:
    make_product("CHAIR")
    change = {"translations": {"ar": {"description": "مريح"}}}
    answer = staff_client(*EDITOR).patch("/api/products/CHAIR/", change, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "translations.ar.name")


def test_an_empty_change_changes_nothing() -> None:
    product = make_product("CHAIR")
    answer = staff_client(*EDITOR).patch("/api/products/CHAIR/", {}, format="json")
    assert (answer.status_code, available(product), event_names()) == (200, 10, ["product.created"])
