"""The list of products can be narrowed, and what is asked for wrongly is refused."""

from typing import Any

import pytest
from django.conf import LazySettings
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from shop.catalog.document import read_document
from shop.catalog.models import Variant
from shop.catalog.submitting import submit_new
from shop.stock.models import VariantStock
from shop.stock.operations import set_stock

pytestmark = pytest.mark.django_db

ASKED = [
    ("category=lamps", ["LAMP"]),
    ("category=furniture", ["CHAIR", "ROOM", "STOOL"]),  # with those below it
    ("category=chairs", ["CHAIR", "STOOL"]),
    ("category=nothing", []),
    ("tag=WOOD", ["CHAIR", "STOOL"]),  # in whatever case
    ("tag=new", ["CHAIR", "LAMP"]),
    ("tag=new&tag=wood", ["CHAIR"]),
    ("attribute=wood:oak", ["CHAIR"]),
    ("attribute=wood:بلوط", ["CHAIR"]),
    ("attribute=wood:oak&attribute=wood:ash", ["CHAIR"]),
    ("attribute=wood:oak&attribute=wood:pine", []),
    ("attribute=wood", ["CHAIR", "LAMP"]),
    ("attribute=nothing:oak", []),
    ("price_min=40", ["CHAIR", "LAMP", "POUF"]),
    ("price_min=25.50&price_max=40.00", ["CHAIR", "STOOL"]),
    ("currency=EUR", []),
    ("in_stock=true", ["CHAIR", "LAMP", "POUF", "ROOM"]),
    ("in_stock=false", ["STOOL"]),
    ("category=furniture&in_stock=true&price_max=30&ordering=-price", ["ROOM"]),
    ("tag=new&ordering=-price", ["LAMP", "CHAIR"]),
    ("category=&tag=&price_min=", ["CHAIR", "LAMP", "POUF", "ROOM", "STOOL"]),
]
REFUSED = [
    ("price_min=cheap", "price_min"),
    ("price_max=-1", "price_max"),
    ("price_max=1e999", "price_max"),
    ("price_min=NaN", "price_min"),
    ("price_min=1.001", "price_min"),
    ("in_stock=perhaps", "in_stock"),
    ("currency=XYZ", "currency"),
    ("category=%00", "category"),
    ("tag=%00", "tag"),
    ("attribute=a%00:b", "attribute"),
]


def add(sku: str, price: str, category: dict[str, Any], available: int = 0, **parts: Any) -> int:
    names = {"translations": {"en": {"name": category["code"].capitalize()}}}
    document = {
        "sku": sku,
        "price": price,
        "translations": {"en": {"name": f"Thing {sku}"}},
        "categories": [category | names],
        **parts,
    }
    product = submit_new(read_document(document)).product
    set_stock({product.pk: available})
    return product.pk


@pytest.fixture(autouse=True)
def shop(settings: LazySettings) -> None:
    settings.PRODUCT_PARTS = "request"
    colour = {"code": "colour", "values": [{"code": "green"}, {"code": "blue"}]}
    oak = {"code": "wood", "values": [{"value": "Oak", "translations": {"ar": {"value": "بلوط"}}}, "Ash"]}
    add("ROOM", "1.00", {"code": "furniture"}, 1)
    add("CHAIR", "40.00", {"code": "chairs", "parent": "furniture"}, 3, tags=["Wood", "new"], attributes=[oak])
    add("STOOL", "25.50", {"code": "stools", "parent": "chairs"}, 0, tags=["wood"])
    add("LAMP", "60.00", {"code": "lamps"}, 5, tags=["new"], attributes=[{"code": "wood", "value": "Pine"}])
    variants = [{"sku": f"POUF-{value}", "option_values": {"colour": value}, "stock": 2} for value in ("green", "blue")]
    add("POUF", "90.00", {"code": "poufs"}, 0, options=[colour], variants=variants)


def found(client: APIClient, query: str) -> list[str]:
    answer = client.get(f"/api/products/?{query}")
    assert answer.status_code == 200, answer.json()
    return [product["sku"] for product in answer.json()["results"]]


def test_products_are_narrowed_to_what_is_asked_for(client: APIClient) -> None:
    for query, skus in ASKED:
        listed = found(client, query)
        assert (listed if "ordering" in query else sorted(listed)) == skus, query


def test_a_variant_that_is_sold_out_or_retired_puts_no_product_in_stock(client: APIClient) -> None:
    VariantStock.objects.filter(variant__sku="POUF-green").update(available=0)
    assert "POUF" in found(client, "in_stock=true")
    Variant.objects.filter(sku="POUF-blue").update(is_active=False)
    assert "POUF" not in found(client, "in_stock=true")
    assert "POUF" in found(client, "in_stock=false")


def test_what_is_not_valid_is_refused_by_name(client: APIClient) -> None:
    for query, field in REFUSED:
        answer = client.get(f"/api/products/?{query}")
        assert answer.status_code == 400, query
        assert {error["field"] for error in answer.json()["errors"]} == {field}


def test_narrowing_takes_no_more_queries_for_more_conditions(
    client: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(4):
        query = "category=furniture&tag=new&tag=wood&attribute=wood:oak&attribute=wood:ash&in_stock=true&price_max=50"
        found(client, query)
