"""Counting in the admin while the shop sells."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from shop.catalog.models import Product
from shop.stock.models import StockItem
from shop.stock.operations import reserve
from tests.shop.builders import available, make_product
from tests.shop.pages import form_values

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize(("page", "prefix"), [("catalog_product", "stock-0-"), ("stock_stockitem", "")]),
]


def saved_after_a_sale(client: Client, page: str, product: Product, **typed: str) -> HttpResponse:
    """Open the page, sell three of ten, type, and save what the browser sends."""
    path = reverse(f"admin:{page}_change", args=[product.pk])
    values = form_values(client.get(path).content.decode())
    reserve({product.pk: 3})
    return client.post(path, values | typed)


def test_pieces_sold_while_a_page_is_open_stay_sold(admin_client: Client, page: str, prefix: str) -> None:
    product = make_product(available=10)
    answer = saved_after_a_sale(admin_client, page, product, **{f"{prefix}low_at": "8"})
    assert answer.status_code == 302, answer.content.decode()
    assert StockItem.objects.values_list("available", "low_at").get() == (7, 8)


def test_a_count_made_before_a_sale_is_refused_with_what_moved(admin_client: Client, page: str, prefix: str) -> None:
    product = make_product(available=10)
    answer = saved_after_a_sale(admin_client, page, product, **{f"{prefix}available": "12"})
    assert answer.status_code == 200
    assert "The stock moved from 10 to 7 meanwhile." in answer.content.decode()
    assert available(product) == 7


def test_a_count_made_while_nothing_moves_is_written(admin_client: Client, page: str, prefix: str) -> None:
    product = make_product(available=13)
    reserve({product.pk: 3})
    path = reverse(f"admin:{page}_change", args=[product.pk])
    values = form_values(admin_client.get(path).content.decode())
    assert admin_client.post(path, values | {f"{prefix}available": "12"}).status_code == 302
    assert StockItem.objects.values_list("available", "low_at").get() == (12, 5)
