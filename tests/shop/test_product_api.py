"""The shop window."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from shop.catalog.models import Product, Sku, Variant
from tests.shop.builders import available, event_names, make_product, staff_client

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
    with django_assert_num_queries(3):
        client.get("/api/products/?page_size=5")


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


@pytest.mark.parametrize("method", ["post", "put", "patch"])
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


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"variants": [{"sku": "NEW"}, {"sku": "TAKEN"}]}, "variants[1].sku", "unique"),
        ({"variants": [{"sku": "CHAIR"}]}, "variants[0].sku", "unique"),
        ({"variants": [{"sku": "A"}, {"sku": "A"}]}, "variants", "repeated"),
        ({"variants": [{"sku": "A", "stock": "3"}]}, "variants[0].stock", "int_type"),
        (
            {"variants": [{"sku": "A", "price": {"amount": "1", "currency": "EUR"}}]},
            "variants[0].price.currency",
            "currency",
        ),
        ({"tier_prices": [{"min_quantity": 1, "price": "1"}]}, "tier_prices[0].min_quantity", "greater_than_equal"),
        ({"translations": {"en": {"name": "Thing TAKEN"}}, "sku": "X"}, "translations.en.name", "unique"),
        ({"related": ["TAKEN", "NOBODY"]}, "related[1]", "unknown"),
        ({"categories": [{"code": "nowhere"}]}, "categories[0].code", "unknown"),
        ({"images": [{}]}, "images[0]", "file"),
        ({"images": [{"upload": "01999999-0000-7000-8000-000000000000"}]}, "images[0].upload", "unknown"),
        ({"images": [{"upload": "1"}]}, "images[0].upload", "upload"),
        ({"images": [{"path": "invoices/1.pdf"}]}, "images[0].path", "path"),
        ({"images": [{"path": "products/../secret.png"}]}, "images[0].path", "path"),
        ({"images": [{"path": "products/nothing.png"}]}, "images[0].path", "unknown"),
        ({"images": [{"path": "products/x.png", "alt": {"xx": "?"}}]}, "images[0].alt", "language"),
        ({"guide": {"upload": "01999999-0000-7000-8000-000000000000"}}, "guide.upload", "unknown"),
        ({"videos": [{"url": "javascript:alert(1)"}]}, "videos[0].url", "url"),
        ({"attributes": [{"code": "wood"}]}, "attributes[0]", "value"),
        ({"materials": [{"code": "a", "share": 60}, {"code": "b", "share": 41}]}, "materials", "share"),
        ({"dimensions": {"width": -1}}, "dimensions.width", "greater_than_equal"),
        ({"reviews": [{"author": "A", "rating": 6}]}, "reviews[0].rating", "less_than_equal"),
        (
            {"options": [{"code": "c", "values": [{"code": "a b"}]}]},
            "options[0].values[0].code",
            "string_pattern_mismatch",
        ),
        ({"tags": ["x"] * 2}, "tags", "repeated"),
        ({"price": {"amount": "1", "currency": "XYZ"}}, "price.currency", "currency"),
        (
            {"details": [{"translations": {"en": {"title": "T", "colour": 1}}}]},
            "details[0].translations.en.colour",
            "extra_forbidden",
        ),
    ],
)
def test_what_is_not_valid_in_a_part_is_refused_by_its_place(fields: dict[str, Any], field: str, code: str) -> None:
    make_product("TAKEN")
    Product.objects.update(name="Thing TAKEN")
    answer = staff_client(*EDITOR).post("/api/products/", document(**fields), format="json")
    assert answer.status_code == 400, answer.json()
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]], answer.json()
    assert Product.objects.count() == 1


def test_everything_that_is_wrong_is_said_at_once_in_the_language_of_the_request() -> None:
    bad = document(sku="", related=["NOBODY"], tags=[""], unknown=1)
    answer = staff_client(*EDITOR).post("/api/products/", bad, format="json", headers={"Accept-Language": "ar"})
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["sku", "tags[0]", "unknown"]


def test_a_sku_is_one_thing_even_when_the_check_did_not_see_the_other_in_time() -> None:
    chair = make_product("CHAIR")
    with pytest.raises(IntegrityError, match="catalog_sku"), transaction.atomic():
        Variant.objects.create(product=chair, sku="CHAIR")
    variant = Variant.objects.create(product=chair, sku="CHAIR-1")
    with pytest.raises(IntegrityError, match="catalog_sku"), transaction.atomic():
        make_product("CHAIR-1")
    variant.sku = "CHAIR-2"
    variant.save()
    make_product("CHAIR-1")
    assert set(Sku.objects.values_list("sku", flat=True)) == {"CHAIR", "CHAIR-1", "CHAIR-2"}


def test_a_product_is_also_found_by_its_id_unless_that_is_the_sku_of_another(client: APIClient) -> None:
    chair = make_product("CHAIR")
    assert client.get(f"/api/products/{chair.pk}/").json()["sku"] == "CHAIR"
    make_product(str(chair.pk))
    assert client.get(f"/api/products/{chair.pk}/").json()["sku"] == str(chair.pk)
    assert client.get("/api/products/99999999999999999999/").status_code == 404


def test_an_empty_change_changes_nothing() -> None:
    product = make_product("CHAIR")
    answer = staff_client(*EDITOR).patch("/api/products/CHAIR/", {}, format="json")
    assert (answer.status_code, available(product), event_names("product.u")) == (200, 10, [])
