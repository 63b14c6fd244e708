"""What others bought, for whoever looks at a product."""

import pytest
from rest_framework.test import APIClient

from shop.orders.operations import LineWish
from tests.shop.builders import buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def test_companions_are_named_in_the_language_of_the_request_in_a_constant_number_of_queries(
    django_assert_num_queries: object,
) -> None:
    make_product("CHAIR")
    make_product("LAMP", price="4.50", en="Lamp", ar="مصباح")
    for _ in range(2):
        buy(LineWish("CHAIR", 1), LineWish("LAMP", 1))
    buy(LineWish("CHAIR", 1), *(LineWish(make_product().sku, 1) for _ in range(5)))
    client = APIClient()
    with django_assert_num_queries(5):  # product with texts, pairs, companions with texts
        answer = client.get("/api/products/chair/bought-together/", headers={"Accept-Language": "ar"})
    assert len(answer.json()) == 6
    assert answer.json()[0] == {
        "sku": "LAMP", "slug": "lamp", "name": "مصباح", "price": "4.50", "currency": "GBP", "order_count": 2,
    }  # fmt: skip
    assert client.get("/api/products/nothing/bought-together/").status_code == 404
