"""A product with variants is bought as one of them, and what can be ordered of it is what there is of them."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from shop.catalog.models import Product, Variant
from shop.errors import InvalidInput
from shop.invoices.simulating import baskets
from shop.notices.models import LowStockNotice
from shop.notices.operations import notice_low_stock
from shop.orders.operations import LineWish
from shop.stock.models import Movement, VariantStock
from shop.stock.variants import set_variant_stock
from tests.shop.builders import buy, checkout_document, make_product
from tests.shop.pages import form_values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events")]


@pytest.fixture
def lamp() -> Product:
    """Nine of the product itself, from before it had variants."""
    product = make_product("LAMP", available=9)
    red, blue, _gone = (
        Variant.objects.create(product=product, sku=sku, position=position, is_active=sku != "LAMP-OLD")
        for position, sku in enumerate(("LAMP-RED", "LAMP-BLUE", "LAMP-OLD"))
    )
    set_variant_stock({red.pk: 3, blue.pk: 1, _gone.pk: 50})
    return product


def test_its_own_sku_is_refused_at_the_checkout_and_its_variants_are_named(lamp: Product) -> None:
    make_product("CHAIR")
    lines = [{"sku": "CHAIR", "quantity": 1}, {"sku": "LAMP", "quantity": 1}]
    answer = APIClient().post("/api/checkout/", checkout_document(*lines), headers={"Idempotency-Key": "one"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "field": "lines[1].sku",
            "code": "choose_variant",
            "detail": "Choose one of its variants: LAMP-RED, LAMP-BLUE.",
            "sku": "LAMP",
        }
    ]
    assert buy(LineWish("LAMP-RED", 3)).lines.get().variant.sku == "LAMP-RED"
    Variant.objects.update(is_active=False)
    assert buy(LineWish("LAMP", 9)).lines.get().variant is None  # sold as it was before


def test_it_is_not_put_into_a_cart_and_a_line_from_before_says_what_to_do(lamp: Product) -> None:
    client = APIClient(headers={"X-Cart-Token": APIClient().post("/api/cart/").json()["token"]})
    Variant.objects.update(is_active=False)
    assert client.post("/api/cart/lines/", {"sku": "LAMP", "quantity": 1}).status_code == 201
    Variant.objects.exclude(sku="LAMP-OLD").update(is_active=True)
    assert client.post("/api/cart/lines/", {"sku": "LAMP-BLUE", "quantity": 1}).status_code == 201
    shown = client.get("/api/cart/").json()
    assert [(line["sku"], line["is_for_sale"]) for line in shown["lines"]] == [("LAMP", False), ("LAMP-BLUE", True)]
    assert [problem["code"] for problem in shown["problems"]] == ["choose-variant"]
    assert shown["total"] == "10.00"
    errors = client.post("/api/cart/lines/", {"sku": "LAMP", "quantity": 1}).json()["errors"]
    assert [(error["field"], error["code"]) for error in errors] == [("sku", "choose_variant")]


def test_what_is_available_of_it_is_what_there_is_of_its_variants(lamp: Product) -> None:
    make_product("CHAIR", available=2)
    client = APIClient()

    def listed(query: str = "") -> dict[str, Any]:
        rows = client.get(f"/api/products/{query}").json()["results"]
        return {row["sku"]: (row["available"], row["has_variants"]) for row in rows}

    assert listed() == {"CHAIR": (2, False), "LAMP": (4, True)}
    detail = client.get("/api/products/LAMP/").json()
    assert (detail["available"], [one["available"] for one in detail["variants"]]) == (4, [3, 1])
    buy(LineWish("LAMP-RED", 3), LineWish("LAMP-BLUE", 1))
    assert listed("?in_stock=true") == {"CHAIR": (2, False)}
    assert listed("?in_stock=false") == {"LAMP": (0, True)}
    Variant.objects.update(is_active=False)
    assert listed("?in_stock=true") == {"CHAIR": (2, False), "LAMP": (9, False)}


def test_it_runs_low_when_its_variants_do(lamp: Product) -> None:
    order = buy(LineWish("LAMP-RED", 1))
    LowStockNotice.objects.all().delete()
    notice_low_stock(order.pk, date(2026, 1, 1))
    assert [(notice.product_id, notice.available) for notice in LowStockNotice.objects.all()] == [(lamp.pk, 3)]
    set_variant_stock({VariantStock.objects.get(variant__sku="LAMP-BLUE").pk: 60})
    notice_low_stock(order.pk, date(2026, 1, 2))
    assert LowStockNotice.objects.count() == 1


def test_simulated_baskets_hold_its_variants(lamp: Product) -> None:
    make_product("CHAIR")
    products = APIClient().get("/api/products/").json()["results"]
    documents = list(baskets(products, lambda sku: [f"{sku}-RED", f"{sku}-BLUE"], 40, seed=1))
    skus = {line["sku"] for document in documents for line in document["lines"]}
    assert skus == {"CHAIR", "LAMP-RED", "LAMP-BLUE"}
    assert documents == list(baskets(products, lambda sku: [f"{sku}-RED", f"{sku}-BLUE"], 40, seed=1))


def test_pieces_of_a_variant_are_counted_on_the_products_page(admin_client: Client, lamp: Product) -> None:
    page = reverse("admin:catalog_product_change", args=[lamp.pk])
    values = form_values(admin_client.get(page).content.decode())
    assert (values["variants-0-available"], values["variants-1-available"]) == ("3", "1")
    before = Movement.objects.count()
    assert admin_client.post(page, values | {"variants-0-available": "7"}).status_code == 302
    assert VariantStock.objects.get(variant__sku="LAMP-RED").available == 7
    moved = Movement.objects.order_by("id").values_list("variant__sku", "quantity")
    assert list(moved)[before:] == [("LAMP-RED", 4)]

    values = form_values(admin_client.get(page).content.decode())
    buy(LineWish("LAMP-RED", 2))
    answer = admin_client.post(page, values | {"variants-0-available": "9"})
    assert "The stock moved from 7 to 5 meanwhile" in answer.content.decode()
    assert admin_client.post(page, values).status_code == 302
    assert VariantStock.objects.get(variant__sku="LAMP-RED").available == 5


def test_many_variants_are_not_all_named(lamp: Product) -> None:
    Variant.objects.bulk_create(Variant(product=lamp, sku=f"LAMP-{number:03}", position=9) for number in range(30))
    with pytest.raises(InvalidInput) as caught:
        buy(LineWish("LAMP", 1))
    assert caught.value.errors[0]["detail"].count("LAMP-") == 20
    assert caught.value.errors[0]["detail"].endswith(", ….")
