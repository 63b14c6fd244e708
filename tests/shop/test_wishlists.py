"""Wishlists: one's own, and each product once."""

import pytest
from rest_framework.test import APIClient

from tests.shop.builders import customer_client, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_wishlist_is_ones_own_and_has_each_product_once() -> None:
    make_product("CHAIR", price="10.00", en="Chair", ar="كرسي")
    client, _ann = customer_client()
    for _time in range(2):
        assert client.post("/api/wishlist/", {"product": "CHAIR"}).status_code == 201
    (wished,) = client.get("/api/wishlist/", headers={"Accept-Language": "ar"}).json()["results"]
    assert (wished["sku"], wished["name"], wished["price"]) == ("CHAIR", "كرسي", "10.00")

    stranger, _bob = customer_client("bob")
    assert stranger.get("/api/wishlist/").json()["results"] == []
    assert stranger.delete("/api/wishlist/CHAIR/").status_code == 404
    assert APIClient().get("/api/wishlist/").status_code == 401
    assert client.post("/api/wishlist/", {"product": "NONE"}).json()["errors"][0]["field"] == "product"
    assert (client.delete("/api/wishlist/chair/").status_code, client.delete("/api/wishlist/chair/").status_code) == (
        204,
        404,
    )
