"""The address book: one's own, with one default."""

import pytest
from rest_framework.test import APIClient

from shop.customers.models import MOST_ADDRESSES, Address
from tests.shop.builders import customer_client

pytestmark = pytest.mark.django_db(transaction=True)
HOME = {"name": "Ann", "line1": "1 Road", "city": "London", "country": "gb"}


def test_addresses_are_ones_own_with_one_default() -> None:
    client, ann = customer_client()
    first = client.post("/api/addresses/", {**HOME, "is_default_shipping": True}).json()
    second = client.post("/api/addresses/", {**HOME, "city": "Leeds", "is_default_shipping": True}).json()
    assert (first["country"], second["is_default_shipping"]) == ("GB", True)
    assert list(Address.objects.values_list("is_default_shipping", flat=True)) == [False, True]
    changed = client.patch(f"/api/addresses/{first['id']}/", {"line2": "Flat 2"}).json()
    assert (changed["line2"], changed["line1"]) == ("Flat 2", "1 Road")

    stranger, _bob = customer_client("bob")
    for method in (stranger.get, stranger.patch, stranger.delete):
        assert method(f"/api/addresses/{first['id']}/").status_code == 404
    assert stranger.get("/api/addresses/").json()["results"] == []
    assert APIClient().get("/api/addresses/").status_code == 401
    for bad in ({"country": "XX"}, {"customer": 1}, {"city": ""}, {"is_default_billing": "yes"}):
        assert client.post("/api/addresses/", {**HOME, **bad}).status_code == 400
    assert client.delete(f"/api/addresses/{second['id']}/").status_code == 204
    assert ann.addresses.count() == 1


def test_nobody_fills_the_address_book_without_end() -> None:
    client, ann = customer_client()
    Address.objects.bulk_create([Address(customer=ann, **HOME | {"country": "GB"}) for _ in range(MOST_ADDRESSES)])
    refused = client.post("/api/addresses/", HOME)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "max_length")
    first = ann.addresses.first().pk
    assert client.patch(f"/api/addresses/{first}/", {"city": "Leeds"}).status_code == 200
