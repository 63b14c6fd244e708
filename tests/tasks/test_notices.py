"""Mails about wishes: once per person and occasion, only while true, and not to those who unsubscribed."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from djmoney.money import Money

from events.testing import Rehearsal
from shop.catalog.models import Product
from shop.customers.models import Customer
from shop.notices.models import WishNotice
from shop.stock.operations import set_stock
from shop.wishlists.models import WishlistItem
from shop.wishlists.operations import wish
from tests.shop.builders import make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lamp(events: Rehearsal) -> Product:
    """Sold out, and wished for by Ann, who reads English, and Sara, who reads Arabic; Bob wishes for something else."""
    lamp = make_product("LAMP", "1250.00", available=0, en="Lamp <small>", ar="مصباح")
    for name, language in (("Ann", "en"), ("Sara", "ar")):
        wish(Customer.objects.create(email=f"{name.lower()}@example.com", name=name, language=language), lamp)
    wish(Customer.objects.create(email="bob@example.com", name="Bob"), make_product())
    return lamp


def restock(product: Product, pieces: int = 3) -> None:
    set_stock({product.pk: 0})
    set_stock({product.pk: pieces})


def price(product: Product, amount: str) -> None:
    product.price = Money(amount, "GBP")
    product.save()


def told() -> list[str]:
    return sorted(message.to[0] for message in mail.outbox)


def test_all_who_wish_for_a_product_hear_once_that_it_is_back(lamp: Product, events: Rehearsal) -> None:
    restock(lamp)
    for _ in range(3):
        events.deliver_twice()
    events.replay("notices.notice_back_in", outcomes=frozenset({"done"}))
    restock(lamp)  # sold out and back again on the same day
    events.deliver_twice()
    assert told() == ["ann@example.com", "sara@example.com"]
    english, arabic = sorted(mail.outbox, key=lambda message: message.to)
    assert english.subject == "Lamp <small> is back in stock"
    assert "£1,250.00" in english.body
    assert "Lamp &lt;small&gt;" in english.alternatives[0].content
    assert 'lang="ar" dir="rtl"' in arabic.alternatives[0].content
    assert "مصباح" in arabic.subject
    WishNotice.objects.update(occasion="2026-01-01")  # as if that had been another day
    restock(lamp)
    events.deliver()
    assert len(told()) == 4


def test_all_who_wish_for_a_product_hear_once_of_each_lower_price(lamp: Product, events: Rehearsal) -> None:
    for amount in ("1300.00", "1000.00", "1100.00", "1000.00"):
        price(lamp, amount)
        events.deliver_twice()
    assert told() == ["ann@example.com", "sara@example.com"]
    assert "It cost £1,300.00, and now it costs £1,000.00" in min(mail.outbox, key=lambda one: one.to).body
    price(lamp, "900.00")
    events.deliver_twice()
    assert len(told()) == 4
    assert set(WishNotice.objects.values_list("new_price", flat=True)) == {Decimal(1000), Decimal(900)}


def test_nobody_hears_what_is_not_true_any_more(lamp: Product, events: Rehearsal) -> None:
    restock(lamp)
    price(lamp, "1000.00")
    events.deliver("notices.notice_back_in", "notices.notice_price")
    set_stock({lamp.pk: 0})
    price(lamp, "1250.00")
    events.deliver()
    assert told() == []
    restock(lamp)
    WishNotice.objects.all().delete()
    events.deliver("notices.notice_back_in")
    WishlistItem.objects.filter(customer__name="Ann").delete()
    events.deliver()
    assert told() == ["sara@example.com"]


def test_one_address_that_fails_keeps_no_other_waiting(lamp: Product, events: Rehearsal) -> None:
    restock(lamp)
    events.deliver("notices.notice_back_in")
    events.fail("notices.send", times=1, after=True)  # the mail is out, the worker does not know
    events.deliver()
    assert set(WishNotice.objects.values_list("state", flat=True)) == {"sent"}
    assert told() == ["ann@example.com", "sara@example.com"]


def test_the_link_of_a_mail_unsubscribes_and_subscribes_again(lamp: Product, events: Rehearsal, client: Client) -> None:
    restock(lamp)
    events.deliver()
    ann = Customer.objects.get(name="Ann")
    mine = next(message for message in mail.outbox if message.to == [ann.email])
    link = re.search(r"http://localhost:8000(/mail/unsubscribe/\S+)", mine.body)[1]
    assert client.get(link).status_code == 200
    ann.refresh_from_db()
    assert ann.unsubscribed_at is None, "looking at the page changes nothing"
    one_click = Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    price(lamp, "1000.00")
    events.deliver()
    assert told() == ["ann@example.com", "sara@example.com", "sara@example.com"]
    client.post(link, {"again": "yes"})
    price(lamp, "900.00")
    events.deliver()
    assert told().count("ann@example.com") == 2
    assert client.get(link.replace("/unsubscribe/", "/unsubscribe/x")).status_code == 400
    ann.email = "ann.lee@example.com"
    ann.save()
    assert client.post(link).status_code == 400
