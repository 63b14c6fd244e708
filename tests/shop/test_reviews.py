"""Customers review, the shop approves, and the rating follows."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.catalog.models import Product, Review
from shop.catalog.parts import PARTS
from shop.catalog.ratings import moderate
from tests.shop.builders import at_once, make_product, staff_client
from tests.shop.documents import simple_document, submitted


def customer(name: str = "mona") -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.get_or_create(username=name)[0])
    return client


def review(client: APIClient, **fields: Any) -> Any:
    return client.post("/api/products/CHAIR/reviews/", {"author": "Mona", "rating": 4, "body": "I sit."} | fields)


@pytest.mark.django_db
def test_a_review_is_shown_and_counted_when_it_is_approved() -> None:
    make_product("CHAIR")
    answer = review(customer())
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    shown = APIClient().get("/api/products/CHAIR/").json()
    assert (shown["reviews"], shown["rating"]) == ([], {"count": 0, "average": None})
    moderate(Review.objects.all(), Review.State.APPROVED)
    shown = APIClient().get("/api/products/CHAIR/").json()
    assert [one["body"] for one in shown["reviews"]] == ["I sit."]
    assert shown["rating"] == {"count": 1, "average": "4.00"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rating": 6}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"author": ""}, "author"),
        ({"state": "approved"}, "state"),
        ({"by": 1}, "by"),
    ],
)
def test_nobody_approves_a_review_by_writing_it(fields: dict[str, Any], field: str) -> None:
    make_product("CHAIR")
    answer = review(customer(), **fields)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert review(APIClient()).status_code == 401
    Product.objects.update(status="draft")
    assert review(customer()).status_code == 404
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_customer_has_one_review_of_a_product_also_at_the_same_moment() -> None:
    make_product("CHAIR")
    client = customer()
    statuses = sorted(answer.status_code for answer in at_once([lambda: review(client)] * 4))
    assert statuses == [202, 400, 400, 400]
    assert review(customer("omar")).status_code == 202


@pytest.mark.django_db
def test_a_document_replaces_its_own_reviews_and_never_those_of_customers(events: Rehearsal) -> None:
    given = {"author": "Somebody", "rating": 2, "state": "approved"}
    submitted(simple_document(reviews=[given]))
    events.deliver(*(f"products.write_{name}" for name in PARTS))
    review(customer())
    moderate(Review.objects.all(), Review.State.APPROVED)
    staff_client("catalog.change_product", "catalog.view_product").patch("/api/products/CHAIR/", {"reviews": []})
    events.deliver(*(f"products.write_{name}" for name in PARTS))
    assert list(Review.objects.values_list("author", flat=True)) == ["Mona"]
    assert Product.objects.get(sku="CHAIR").rating_count == 1
