"""The shop in the admin: every page opens, and nobody rewrites what the code has written."""

from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shop.accounts.operations import ask_for_account
from shop.audit.operations import seal
from shop.carrier.models import Label
from shop.catalog.models import Attribute, Category, Product, Tag
from shop.customers.models import Customer
from shop.imports.models import ImportedProduct
from shop.lake.operations import ask_for
from shop.ledgers import LedgerAdmin
from shop.notices.models import WishNotice
from shop.orders.operations import LineWish, cancel
from shop.partners.models import Partner
from shop.payments.reports import Told, keep
from shop.pricing.models import Coupon, ExchangeRate, ShippingRate, TaxRate
from tests.shop.builders import buy, make_product
from tests.shop.documents import submitted, whole_document
from tests.shop.outside_records import make_outside_records
from tests.shop.price_records import make_price_records

pytestmark = pytest.mark.django_db(transaction=True)
REGISTERED = {model: one for model, one in admin.site._registry.items() if model.__module__.startswith("shop.")}
ADDED_BY_HAND = {
    *(Category, Attribute, Tag, Product, Customer, Partner),
    *(Coupon, TaxRate, ShippingRate, ExchangeRate),
}
LEDGERS = [model for model, one in REGISTERED.items() if isinstance(one, LedgerAdmin)]


def page(model: type[models.Model], kind: str, *pk: object) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{kind}", args=pk)


@pytest.fixture
def life() -> None:
    """Something of everything."""
    cheap, (product, _) = make_product(available=4, ar="كرسي"), submitted(whole_document())
    order = buy(LineWish(cheap.sku, 2), LineWish(make_product().sku, 1))
    cancel(order, {1: 1}, by="user:1")
    make_price_records(order.customer)
    ImportedProduct.objects.create(product=product, file="products.json")
    ask_for([timezone.now().date()])
    seal(timezone.now())
    make_outside_records(order)
    Label.objects.create(order=order, key="label-of-the-order")
    wished = {"customer": order.customer, "product": cheap, "occasion": "2026-01-01", "event_id": uuid4()}
    WishNotice.objects.create(**wished, kind="price", old_price=10, new_price=9)
    keep(Told("evt_1", "payout.paid", {}, timezone.now()))
    ask_for_account(email="new@example.com", name="New", language="en", now=timezone.now())


def test_each_slice_that_writes_for_the_staff_is_in_the_admin() -> None:
    assert {model.__name__ for model in REGISTERED if model not in LEDGERS} == {
        "Registration", "Category", "Attribute", "Tag", "Product", "OptionValue", "Review", "Customer",
        "ImportedProduct", "Partner", "Coupon", "TaxRate", "ShippingRate", "ExchangeRate", "StockItem",
    }  # fmt: skip
    assert {model.__name__ for model in LEDGERS} == {
        "Order", "Reversal", "AuditEntry", "AuditSeal", "DailySales", "ProductSales", "PointsEntry", "LowStockNotice",
        "Payment", "ProviderReport", "Shipment", "Contact", "Conversion", "SalesNote", "Movement", "ProductPair",
        "FraudScore", "LakeDay", "Submission", "Upload", "Cart", "WishlistItem", "RecordedRequest", "CouponUse",
        "Paper", "Label",
        "FollowUp", "WishNotice",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_admin_page_of_the_shop_opens(life: None, admin_client: Client, language: str) -> None:
    answers = {}
    for model, one in REGISTERED.items():
        paths = [page(model, "changelist"), page(model, "change", model._default_manager.first().pk)]
        if one.search_fields:
            paths.append(page(model, "changelist") + "?q=some+words")
        paths.append(page(model, "add"))
        for path in paths:
            answers[path] = admin_client.get(path, headers={"Accept-Language": language}).status_code
    closed = {page(model, "add") for model in REGISTERED if model not in ADDED_BY_HAND}
    assert [path for path, status in answers.items() if status != (403 if path in closed else 200)] == []


def test_nobody_adds_changes_or_deletes_in_a_ledger(life: None, admin_client: Client) -> None:
    rows = {model: list(model._default_manager.order_by("pk").values()) for model in LEDGERS}
    for model, before in rows.items():
        pk = before[0][model._meta.pk.attname]
        values = {"points": 5, "actor": "me", "available": 9}
        assert admin_client.post(page(model, "add"), {}).status_code == 403, model
        assert admin_client.post(page(model, "change", pk), values).status_code == 403, model
        assert admin_client.post(page(model, "delete", pk), {"post": "yes"}).status_code == 403, model
        deleting = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        admin_client.post(page(model, "changelist"), deleting)
    assert {model: list(model._default_manager.order_by("pk").values()) for model in LEDGERS} == rows


def test_a_ledger_is_shown_without_counting_it(life: None, admin_client: Client) -> None:
    for model in LEDGERS:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(page(model, "changelist")).status_code == 200
        about = [query["sql"] for query in queries if f'FROM "{model._meta.db_table}"' in query["sql"]]
        assert about, model
        assert not [sql for sql in about if "COUNT(" in sql]
        if model.__name__ != "DailySales":  # whose days are in an index
            assert not [sql for sql in about if "MIN(" in sql or "DISTINCT" in sql]


def test_the_audit_trail_is_searched_by_index(admin_client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (event_id, name, stream, actor, correlation_id, summary, occurred_at)"
            " SELECT gen_random_uuid(), 'x', 'order-' || n, 'user:' || n, gen_random_uuid(), '', now()"
            " FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE audit_auditentry")
    AuditEntry = apps.get_model("audit", "AuditEntry")
    for text in ("order-77", "user:77"):
        with CaptureQueriesContext(connection) as queries:
            response = admin_client.get(page(AuditEntry, "changelist"), {"q": text})
        assert [entry.stream for entry in response.context["cl"].result_list] == ["order-77"]
        (sql,) = [query["sql"] for query in queries if "audit_auditentry" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql)
            plan = "\n".join(row for (row,) in cursor.fetchall())
        assert "audit_by_stream" in plan, plan
        assert "audit_by_actor" in plan, plan


def test_an_address_that_gets_longer_in_lower_case_is_an_error_of_its_field(admin_client: Client) -> None:
    address = "a@" + ".".join(["\u0130" * 60] * 4) + ".example"
    assert len(address) <= 254 < len(address.lower())
    values = {"email": address, "name": "Someone", "language": "en"}
    answer = admin_client.post(page(Customer, "add"), values)
    assert answer.status_code == 200
    assert "email" in answer.context["adminform"].form.errors
    assert not Customer.objects.exists()
