"""The CRM knows every customer as the shop does, whatever came first."""

from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from events.testing import Rehearsal
from shop.crm.models import Contact
from shop.crm.operations import sync_contact
from shop.customers.events import CustomerChanged
from shop.customers.models import Customer
from shop.orders.events import OrderPlaced
from shop.orders.operations import LineWish, cancel
from tests import simulated
from tests.shop.builders import BUYER, at_once, buy, make_product
from tests.shop.connections import outside
from tests.shop.elsewhere import Asked, Said, elsewhere

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)


def contact() -> dict[str, Any]:
    (known,) = simulated.ask("GET", "/crm/contacts")["contacts"]
    return dict(known)


def test_the_contact_says_who_it_is_and_what_was_bought_and_kept(outside: None, events: Rehearsal) -> None:
    chair = make_product(price="10.00", available=100)
    first = buy(LineWish(chair.sku, 3))
    last = buy(LineWish(chair.sku, 1))
    events.deliver_twice("crm.sync_contact")
    assert contact() == {
        "email": BUYER.email,
        "name": BUYER.name,
        "language": "en",
        "has_account": False,
        "order_count": 2,
        "first_order_at": first.placed_at.isoformat(),
        "last_order_at": last.placed_at.isoformat(),
        "kept_totals": {"GBP": "40.00"},
    }
    cancel(first, {1: 2}, by="test")
    events.deliver("crm.sync_contact")
    assert contact()["kept_totals"] == {"GBP": "20.00"}
    kept = Contact.objects.get()
    assert (kept.document, kept.error) == (contact(), "")
    assert kept.synced_at is not None


def test_addresses_of_any_letters_are_one_part_of_the_path(outside: None) -> None:
    customer = Customer.objects.create(email="a/b?c#d%20+é@example.com", name="Odd")
    sync_contact(customer.pk, now=timezone.now())
    assert contact()["email"] == customer.email


def test_a_customer_who_changes_is_told_of_and_the_former_address_is_forgotten(
    outside: None, events: Rehearsal
) -> None:
    buy(LineWish(make_product().sku, 1))
    events.deliver("crm.sync_contact")
    customer = Customer.objects.get()
    customer.save()
    events.assert_not_emitted(CustomerChanged)
    customer.name, customer.email, customer.language = "Someone Else", "else@example.com", "ar"
    customer.save()
    events.assert_emitted(CustomerChanged, customer_id=customer.pk, changed=["email", "name", "language"])
    events.deliver_twice("crm.sync_contact")
    assert (contact()["email"], contact()["name"], contact()["language"]) == ("else@example.com", "Someone Else", "ar")


def test_a_former_address_that_is_another_customers_by_now_stays_his(outside: None, events: Rehearsal) -> None:
    first = Customer.objects.create(email="someone@example.com", name="First")
    sync_contact(first.pk, now=timezone.now())
    first.email = "moved@example.com"
    first.save()
    second = Customer.objects.create(email="someone@example.com", name="Second")
    sync_contact(second.pk, now=timezone.now())
    sync_contact(first.pk, now=timezone.now())
    known = {one["email"]: one["name"] for one in simulated.ask("GET", "/crm/contacts")["contacts"]}
    assert known == {"moved@example.com": "First", "someone@example.com": "Second"}


def test_failures_are_kept_with_the_contact_until_it_is_told(outside: None, events: Rehearsal) -> None:
    buy(LineWish(make_product().sku, 1))
    simulated.turn("crm", error_rate=1.0)
    events.deliver("crm.sync_contact", retries=False)
    assert "answered 500" in Contact.objects.get().error
    simulated.turn("crm", error_rate=0.0)
    events.deliver("crm.sync_contact")
    assert Contact.objects.get().error == ""
    events.assert_done("crm.sync_contact", OrderPlaced)


def test_a_stale_call_that_arrives_last_is_put_right_by_whoever_made_it(outside: None, settings: Settings) -> None:
    """While the first call is on its way the customer changes, and that is told before the first call arrives."""
    customer = Customer.objects.create(email="someone@example.com", name="Old name")
    address = settings.CRM_URL

    def forward(asked: Asked) -> Said:
        if len(place.asked) == 1:
            Customer.objects.update(name="New name")
            sync_contact(customer.pk, now=timezone.now())
            connection.close()  # of the server's thread
        headers = {"Idempotency-Key": asked.key, "Content-Type": "application/json"}
        return Said(200, httpx.put(address + asked.path, content=asked.body, headers=headers).json())

    with elsewhere(forward) as place:
        settings.CRM_URL = place.url
        sync_contact(customer.pk, now=timezone.now())
    assert [asked.document["name"] for asked in place.asked] == ["Old name", "New name", "New name"]
    assert contact()["name"] == Contact.objects.get().document["name"] == "New name"


def test_many_at_once_make_one_contact(outside: None) -> None:
    customer = Customer.objects.create(email="someone@example.com", name="Someone")
    assert at_once([lambda: sync_contact(customer.pk, now=timezone.now())] * 5) == [None] * 5
    assert contact()["order_count"] == 0
    assert Contact.objects.count() == 1


def test_without_a_crm_nothing_is_told() -> None:
    buy(LineWish(make_product().sku, 1))
    assert not Contact.objects.exists()
