"""Roles of staff: each group may do its own work and nothing else."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from shop.accounts.roles import ROLES, make_roles
from shop.orders.models import Order
from shop.orders.operations import LineWish
from tests.shop.builders import buy, make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events")]
OPENS = {
    "catalogue": {"catalog_product", "stock_stockitem"},
    "orders": {
        "orders_order", "orders_reversal", "customers_customer", "catalog_product", "stock_stockitem",
        "fraud_fraudscore", "analytics_dailysales", "partners_partner",
    },
    "operations": {
        "events_event", "events_deadletter", "orders_order", "orders_reversal", "customers_customer", "catalog_product",
        "stock_stockitem", "audit_auditentry", "fraud_fraudscore", "analytics_dailysales", "partners_partner",
    },
}  # fmt: skip
PAGES = {page for pages in OPENS.values() for page in pages} | {"auth_user", "auth_group", "knox_authtoken"}


def one_of(role: str) -> User:
    user = User.objects.create_user(f"in-{role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_migrate_makes_the_roles_and_a_second_time_changes_nothing() -> None:
    call_command("migrate", verbosity=0)
    before = {role: set(Group.objects.get(name=role).permissions.values_list("codename", flat=True)) for role in ROLES}
    assert all(before.values())
    Group.objects.get(name="orders").permissions.clear()
    extra = Group.objects.get(name="catalogue").permissions.first()
    Group.objects.get(name="orders").permissions.add(extra)
    make_roles()
    after = set(Group.objects.get(name="orders").permissions.values_list("codename", flat=True))
    assert after == before["orders"] | {extra.codename}
    assert "agree_prices" not in before["orders"] | before["catalogue"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_pages_of_the_admin_and_no_others(role: str) -> None:
    make_roles()
    client = Client()
    client.force_login(one_of(role))
    opened = {page for page in PAGES if client.get(reverse(f"admin:{page}_changelist")).status_code == 200}
    assert opened == OPENS[role]


def test_a_role_does_its_own_work_over_http_and_no_other() -> None:
    make_roles()
    product = make_product("CHAIR", available=9)
    order = buy(LineWish("CHAIR", 1))
    clients = {role: APIClient() for role in ROLES}
    for role, client in clients.items():
        client.force_authenticate(one_of(role))
    pack = f"/api/orders/{order.number}/pack/"
    assert {role: client.post(pack, {}).status_code for role, client in clients.items()} == {
        "catalogue": 403, "orders": 200, "operations": 403,
    }  # fmt: skip
    cancel = f"/api/orders/{order.number}/cancel/"
    assert clients["operations"].post(cancel, {}).status_code == 403
    assert clients["catalogue"].get(f"/api/orders/{order.number}/").status_code == 404
    change = {role: client.patch(f"/api/products/{product.pk}/", {}).status_code for role, client in clients.items()}
    assert change["orders"] == change["operations"] == 403
    assert change["catalogue"] < 300
    assert Order.objects.get().status == "packed"
