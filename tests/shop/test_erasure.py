"""A customer who was erased: the shop's history stays whole, and nobody finds in it who it was."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken
from pytest_django import Settings
from redis import Redis

from events import relay
from events.api import PersonErased, erase, state_of
from events.models import Attempt, Delivery, Event, Outcome
from events.testing import Rehearsal
from events.transports import current_transport
from shop.accounts.links import confirmation_link
from shop.accounts.models import Registration
from shop.accounts.operations import ask_for_account, confirm_account
from shop.audit.models import AuditEntry
from shop.billing.keeping import forget_parties
from shop.billing.models import Paper
from shop.billing.operations import file_of
from shop.carts.models import Cart
from shop.catalog.models import Review
from shop.customers.events import CustomerChanged
from shop.customers.models import Address, Customer
from shop.erasure.operations import person_of
from shop.orders.models import Order, OrderNote, Reversal
from shop.payments.models import ProviderReport
from shop.wishlists.models import WishlistItem
from tests import simulated
from tests.events.terminal import command
from tests.flows.conftest import broker
from tests.shop.connections import outside
from tests.shop.searching import redis_texts, tables_with
from tests.shop.shopper import KEPT_BY_LAW, MAIL, NAME, PASSWORD, WORDS, Journey, erased, journey

__all__ = ["broker", "journey", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_in_the_database_says_who_an_erased_customer_was(journey: Journey) -> None:
    before = tables_with(WORDS)
    assert len(before) > 15, sorted(before)
    assert {"events_attempt", "django_celery_results_taskresult", "orders_order", "auth_user"} <= before.keys()
    person = person_of(journey.customer.pk)
    assert command("erase", person, "--yes", "--reason", "asked by letter").code == 0
    journey.events.deliver()
    assert {table: words for table, words in tables_with(WORDS).items() if table not in KEPT_BY_LAW} == {}
    assert simulated.ask("GET", "/crm/contacts")["contacts"] == []


def test_the_history_stays_whole(journey: Journey) -> None:
    counted = {model: model.objects.count() for model in (Event, Delivery, Attempt, Order, Reversal, OrderNote, Paper)}
    states = {order.pk: state_of(f"order-{order.pk}").state for order in Order.objects.all()}
    erased(journey)
    assert Attempt.objects.count() == counted.pop(Attempt)
    assert all(model.objects.count() >= count for model, count in counted.items())
    assert Order.objects.count() == counted[Order]
    for pk, state in states.items():
        assert state_of(f"order-{pk}").state == state.model_copy(update={"hold_reason": ""})
    assert command("verify").code == 0
    call_command("verify_audit", verbosity=0)
    assert AuditEntry.objects.filter(name="person.erased").count() == 1
    assert "asked by letter" in AuditEntry.objects.get(name="person.erased").summary


def test_invoices_are_kept_as_they_were_issued(journey: Journey) -> None:
    papers = {paper.pk: file_of(paper) for paper in Paper.objects.all()}
    assert papers
    erased(journey)
    assert {paper.pk: file_of(paper) for paper in Paper.objects.all()} == papers
    assert NAME in str(Paper.objects.first().content)  # type: ignore[union-attr]


def test_the_page_of_a_kept_paper_says_why(journey: Journey, settings: Settings, admin_client: Client) -> None:
    erased(journey)
    paper = Paper.objects.order_by("pk").first()
    assert paper is not None
    page = reverse("admin:billing_paper_change", args=[paper.pk])
    assert f"until Dec. 31, {paper.issued_at.year + 10}" in admin_client.get(page).content.decode()
    day = paper.issued_at.replace(year=paper.issued_at.year + 11)
    assert forget_parties(day - timedelta(days=paper.issued_at.timetuple().tm_yday)) == 0
    count = Paper.objects.count()
    assert (forget_parties(day), forget_parties(day)) == (count, 0)
    assert tables_with(WORDS) == {}
    assert file_of(Paper.objects.get(pk=paper.pk)).startswith(b"%PDF")
    assert "the time is over" in admin_client.get(page).content.decode()


def test_the_account_is_closed_and_what_was_theirs_is_gone(journey: Journey) -> None:
    session = Client()
    session.force_login(User.objects.get(email=MAIL))
    assert session.get("/api/accounts/me/").status_code == 200
    customer = erased(journey)
    assert customer.name == ""
    assert re.fullmatch(rf"erased-{customer.pk}-[0-9a-f]{{16}}@erased\.invalid", customer.email)
    assert customer.erased_at
    assert customer.unsubscribed_at
    assert journey.client.get("/api/accounts/me/").status_code == 401
    assert session.get("/api/accounts/me/").status_code == 401
    assert not AuthToken.objects.exists()
    for model in (Address, Cart, WishlistItem, Review, Registration):
        assert not model._base_manager.exists(), model
    order = Order.objects.filter(customer=customer).order_by("pk").first()
    assert order is not None
    assert (order.shipping_address, order.billing_address) == ({"country": "GB"}, {"country": "GB"})
    assert ProviderReport.objects.get().content == {"object": {"id": order.charge_id}}


def test_who_was_erased_can_come_back_as_somebody_new(journey: Journey) -> None:
    gone = erased(journey)
    ask_for_account(email=MAIL, name=NAME, language="en", now=timezone.now())
    journey.events.deliver("accounts.send_confirmation")
    token = re.search(r"/account/confirm/(\S+)/", mail.outbox[-1].body)[1]  # type: ignore[index]
    again = confirm_account(token, PASSWORD)
    assert again.customer.pk != gone.pk
    assert not again.customer.orders.exists()


def test_nobody_gets_mails_after_the_erasure_not_even_by_a_replay(journey: Journey) -> None:
    journey.order()
    mail.outbox.clear()
    erase(person_of(journey.customer.pk), reason="asked", by="test")
    journey.events.deliver("erasure.clear_shop")
    journey.events.deliver()
    journey.events.assert_done("receipts.send_receipt")
    journey.events.replay("receipts.send_receipt", outcomes=frozenset({"done"}))
    assert [message.to for message in mail.outbox] == []


def test_erasing_twice_clears_once(journey: Journey) -> None:
    first = erased(journey)
    again = command("erase", person_of(first.pk), "--yes", "--reason", "once more")
    assert "was erased before" in again.out
    journey.events.deliver()
    assert Customer.objects.get(pk=first.pk).erased_at == first.erased_at
    assert Event.objects.filter(name="person.erased").count() == 1


def test_a_second_delivery_changes_nothing_more(journey: Journey) -> None:
    changes = Event.objects.filter(name="customer.changed")
    before = changes.count()
    erase(person_of(journey.customer.pk), reason="asked", by="test")
    journey.events.deliver_twice("erasure.clear_shop")
    journey.events.deliver()
    assert changes.count() == before + 1
    assert {table for table in tables_with(WORDS) if table not in KEPT_BY_LAW} == set()


def test_the_crm_is_told_to_forget_as_soon_as_it_can_be(journey: Journey, settings: Settings) -> None:
    url, settings.CRM_URL = settings.CRM_URL, "http://127.0.0.1:9"
    erase(person_of(journey.customer.pk), reason="asked", by="test")
    journey.events.deliver()
    journey.events.assert_dead("crm.sync_contact", CustomerChanged, changed=["email", "name"])
    assert len(simulated.ask("GET", "/crm/contacts")["contacts"]) == 1
    assert tables_with([MAIL]).keys() - KEPT_BY_LAW == {"crm_contact"}
    settings.CRM_URL = url
    journey.events.replay("crm.sync_contact")
    assert simulated.ask("GET", "/crm/contacts")["contacts"] == []
    assert tables_with([MAIL]).keys() - KEPT_BY_LAW == set()


def test_erasing_somebody_else_than_a_customer_leaves_the_shop_alone(events: Rehearsal) -> None:
    with transaction.atomic():
        erase("visitor-1", reason="asked", by="test")
    events.deliver()
    events.assert_done("erasure.clear_shop", PersonErased)
    assert not Delivery.objects.filter(outcome=Outcome.DEAD).exists()


def test_messages_in_redis_hold_no_personal_data(settings: Settings, broker: Redis) -> None:
    settings.EVENTS = settings.EVENTS | {"transport": "celery"}
    ask_for_account(email=MAIL, name=NAME, language="en", now=timezone.now())
    confirm_account(confirmation_link(Registration.objects.get()).split("/")[-2], PASSWORD)
    while relay.publish_due():
        pass
    texts = redis_texts()
    current_transport().close()  # type: ignore[attr-defined]
    assert any("user.registered" in text for text in texts)
    assert any("$sealed" in text for text in texts)
    assert [text for text in texts for word in WORDS if word in text] == []
