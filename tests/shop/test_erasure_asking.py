"""Asking for an erasure: by the customer with the password, by staff with a right of its own."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken
from rest_framework.test import APIClient

from events.models import Event
from events.testing import Rehearsal
from shop.customers.models import Customer
from shop.orders.models import Order
from shop.orders.operations import LineWish, cancel
from tests.shop.builders import buy, make_product, staff_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events")]
PASSWORD = "correct horse battery"
MAY = ("customers.view_customer", "events.erase_person")


@pytest.fixture
def customer() -> Customer:
    user = User.objects.create_user("someone@example.com", "someone@example.com", PASSWORD)
    return Customer.objects.create(email=user.email, name="Someone", language="en", user=user)


def ask(customer: Customer, password: str = PASSWORD) -> Any:
    client, (_, token) = APIClient(), AuthToken.objects.create(customer.user)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.post("/api/accounts/me/erase/", {"password": password})


def erasures() -> list[dict[str, Any]]:
    return list(Event.objects.filter(name="person.erased").values_list("payload", flat=True))


def test_a_customer_asks_with_the_password_and_is_out_at_once(customer: Customer, events: Rehearsal) -> None:
    answer = ask(customer)
    assert answer.status_code == 202
    assert not AuthToken.objects.exists()
    customer.user.refresh_from_db()
    assert not customer.user.is_active
    assert erasures() == [
        {
            "person": f"customer-{customer.pk}",
            "reason": "asked for by the customer",
            "by": f"user:{customer.user_id}",
        }
    ]
    events.deliver()
    customer.refresh_from_db()
    assert customer.erased_at


def test_a_wrong_password_erases_nobody(customer: Customer) -> None:
    answer = ask(customer, "wrong")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "wrong_password"
    assert erasures() == []


def test_who_has_orders_that_are_not_over_is_told_what_to_do(customer: Customer, events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 1))
    assert order.customer_id == customer.pk
    answer = ask(customer)
    assert answer.status_code == 409
    assert order.number in answer.json()["detail"]
    assert "Cancel them" in answer.json()["detail"]
    assert erasures() == []
    assert AuthToken.objects.exists()
    cancel(Order.objects.get(), by="test")
    assert ask(customer).status_code == 202


def test_an_account_of_staff_is_not_erased(customer: Customer) -> None:
    User.objects.filter(pk=customer.user_id).update(is_staff=True)
    customer.refresh_from_db()
    assert ask(Customer.objects.get()).status_code == 409
    assert erasures() == []


def test_guests_and_users_without_a_customer_have_nothing_to_erase() -> None:
    assert APIClient().post("/api/accounts/me/erase/", {"password": "x"}).status_code == 401
    client = APIClient()
    client.force_authenticate(User.objects.create_user("ann"))
    assert client.post("/api/accounts/me/erase/", {"password": "x"}).status_code == 403


def page(customer: Customer, name: str = "customers_customer_change") -> str:
    return reverse(f"admin:{name}", args=[customer.pk])


def client_with(*permissions: str, checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(staff_user(*permissions))
    return client


BUTTON = "customers_customer_erase_it"


def test_staff_with_the_right_erase_by_a_post_with_a_reason(customer: Customer) -> None:
    client = client_with(*MAY)
    assert client.get(page(customer, BUTTON)).status_code == 200
    assert erasures() == []
    client.post(page(customer, BUTTON), {"reason": "", "_form_submitted": "1"})
    assert erasures() == []
    answer = client.post(page(customer, BUTTON), {"reason": "asked by letter", "_form_submitted": "1"})
    assert answer.status_code == 302
    (erasure,) = erasures()
    assert erasure["reason"] == "asked by letter"
    assert erasure["by"].startswith("user:")


def test_a_request_from_another_site_erases_nobody(customer: Customer) -> None:
    client = client_with(*MAY, checks=True)
    assert client.post(page(customer, BUTTON), {"reason": "x", "_form_submitted": "1"}).status_code == 403
    assert erasures() == []


@pytest.mark.parametrize("permissions", [MAY[:1], (*MAY[:1], "customers.change_customer", "customers.delete_customer")])
def test_staff_without_the_right_see_no_button_and_cannot_erase(
    permissions: tuple[str, ...], customer: Customer
) -> None:
    client = client_with(*permissions)
    assert page(customer, BUTTON) not in client.get(page(customer)).content.decode()
    assert client.post(page(customer, BUTTON), {"reason": "x", "_form_submitted": "1"}).status_code == 403
    assert erasures() == []


def test_the_button_says_which_orders_are_in_the_way(customer: Customer) -> None:
    order = buy(LineWish(make_product().sku, 1))
    client = client_with(*MAY)
    answer = client.post(page(customer, BUTTON), {"reason": "x", "_form_submitted": "1"}, follow=True)
    assert order.number in answer.content.decode()
    assert erasures() == []


def test_who_is_erased_is_shown_so_and_cannot_be_written_to(customer: Customer, events: Rehearsal) -> None:
    client = client_with(*MAY, "customers.change_customer")
    client.post(page(customer, BUTTON), {"reason": "asked", "_form_submitted": "1"})
    events.deliver()
    shown = client.get(page(customer)).content.decode()
    assert page(customer, BUTTON) not in shown
    assert client.post(page(customer), {"name": "Someone"}).status_code == 403
    assert Customer.objects.get().name == ""


def test_no_role_brings_the_right_to_read_or_erase_people() -> None:
    from django.contrib.auth.models import Group

    from shop.accounts.roles import make_roles

    make_roles()
    for group in Group.objects.all():
        names = set(group.permissions.values_list("codename", flat=True))
        assert not names & {"view_personal", "erase_person"}, group
