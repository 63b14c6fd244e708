"""The shop in the admin: every page opens, and nobody rewrites what the code has written."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shop.customers.models import Customer
from shop.ledgers import LedgerAdmin
from shop.orders.operations import LineWish, cancel
from tests.shop.builders import buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)
REGISTERED = {model: one for model, one in admin.site._registry.items() if model.__module__.startswith("shop.")}
LEDGERS = [model for model, one in REGISTERED.items() if isinstance(one, LedgerAdmin)]


def page(model: type[models.Model], kind: str, *pk: object) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{kind}", args=pk)


@pytest.fixture
def life() -> None:
    """Something of everything."""
    product = make_product(available=4, ar="كرسي")
    cancel(buy(LineWish(product.sku, 2)), {1: 1}, by="user:1")


def test_each_slice_that_writes_for_the_staff_is_in_the_admin() -> None:
    assert len(REGISTERED) == 10
    assert {model.__name__ for model in LEDGERS} == {
        "Order", "AuditEntry", "DailySales", "PointsEntry", "LowStockNotice", "SimulatedCharge", "SimulatedRefund",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_every_admin_page_of_the_shop_opens(
    life: None, admin_client: Client, model: type[models.Model], language: str
) -> None:
    paths = [page(model, "changelist"), page(model, "change", model._default_manager.first().pk)]
    if REGISTERED[model].search_fields:
        paths.append(page(model, "changelist") + "?q=some+words")
    if model.__name__ in {"Product", "Customer"}:
        paths.append(page(model, "add"))
    for path in paths:
        assert admin_client.get(path, headers={"Accept-Language": language}).status_code == 200, path


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: model.__name__)
def test_nobody_adds_changes_or_deletes_in_a_ledger(
    life: None, admin_client: Client, model: type[models.Model]
) -> None:
    before = list(model._default_manager.values())
    pk = before[0]["id"]
    assert admin_client.post(page(model, "add"), {}).status_code == 403
    assert admin_client.post(page(model, "change", pk), {"points": 5, "actor": "me", "available": 9}).status_code == 403
    assert admin_client.post(page(model, "delete", pk), {"post": "yes"}).status_code == 403
    deleting = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    admin_client.post(page(model, "changelist"), deleting)
    assert list(model._default_manager.values()) == before


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: model.__name__)
def test_a_ledger_is_shown_without_counting_it(life: None, admin_client: Client, model: type[models.Model]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(page(model, "changelist")).status_code == 200
    about = [query["sql"] for query in queries if f'FROM "{model._meta.db_table}"' in query["sql"]]
    assert about
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
