"""After an erasure: what was logged is read, replayed and made again as ever, and says nothing of who it was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from events.api import erase
from events.models import Delivery, Event, OutboxEntry, Outcome, Rebuild, ReplayItem
from events.projections import projections
from events.testing import Rehearsal
from shop.erasure.operations import person_of
from shop.orders.models import Order
from tests.events.terminal import command
from tests.shop.builders import staff_user
from tests.shop.connections import outside
from tests.shop.searching import tables_with
from tests.shop.shopper import KEPT_BY_LAW, MAIL, NAME, WORDS, Journey, erased, journey

__all__ = ["journey", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)


def read_models() -> dict[str, list[dict[str, Any]]]:
    """All rows of all projections, but for the numbers that a table has given them."""
    models = [model for projection in projections() for model in projection.models]
    return {model.__name__: [_said(row) for row in model._default_manager.order_by("pk").values()] for model in models}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def make_again() -> None:
    """All of them, from the log."""
    for projection in projections():
        assert command("rebuild", projection.name, "--yes", "--reason", "test").code == 0
    assert set(Rebuild.objects.values_list("state", flat=True)) == {Rebuild.State.FINISHED}


def test_read_models_that_are_made_again_are_the_same_and_name_nobody(journey: Journey) -> None:
    make_again()  # with what the journey has lost in a dead letter
    erased(journey)
    before = read_models()
    assert sum(map(len, before.values())) > 5
    make_again()
    assert read_models() == before
    assert tables_with(WORDS).keys() <= KEPT_BY_LAW


def test_a_read_model_that_is_made_again_before_the_rest_is_cleared_names_nobody_either(journey: Journey) -> None:
    make_again()
    before = read_models()
    erase(person_of(journey.customer.pk), reason="asked", by="test")
    make_again()
    assert read_models() == before
    journey.events.deliver()
    assert tables_with(WORDS).keys() <= KEPT_BY_LAW


#: What these have done is unique in the database, whoever it is about.
REFUSES_TWICE = {"audit.record_entry", "loyalty.award_points"}


def test_a_replay_of_all_that_happened_to_somebody_erased_comes_to_an_end(journey: Journey, events: Rehearsal) -> None:
    erased(journey)
    logged = Event.objects.count()
    first_runs = Delivery.objects.filter(run=0, outcome=Outcome.DONE).exclude(subscriber__startswith="sagas.")
    names = set(first_runs.values_list("subscriber", flat=True)) - {one.name for one in projections()} - REFUSES_TWICE
    assert {"receipts.send_receipt", "crm.sync_contact", "followups.send", "erasure.clear_shop"} <= names
    for name in sorted(names):
        events.replay(name, outcomes=frozenset({"done"}))
    ended = ReplayItem.objects.values_list("state", flat=True)
    assert set(ended) == {ReplayItem.State.DONE}
    assert Delivery.objects.filter(run=1).count() == len(ended) > 100
    assert not OutboxEntry.objects.exists()
    assert Event.objects.count() == logged
    assert tables_with(WORDS).keys() <= KEPT_BY_LAW


def pages(order: Order) -> Iterator[str]:
    """The past of an order at every point, for programs and for people."""
    api, last = f"/api/orders/{order.number}/history/", Event.objects.filter(stream=f"order-{order.pk}").count()
    yield from (api, f"{api}?from=1&to={last}", f"/api/orders/{order.number}/")
    yield from (f"{api}?at={version}" for version in range(1, last + 1))
    yield reverse("admin:orders_order_change", args=[order.pk])
    yield from (reverse("admin:orders_order_history", args=[order.pk]) + f"?at={version}" for version in (1, last))


def words_on(client: Client, paths: Iterator[str]) -> set[str]:
    """Those of the customer that stand on pages."""
    found: set[str] = set()
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        found |= {word for word in WORDS if word in text or escape(word) in text}
    return found


def test_the_past_of_an_order_is_shown_as_ever_and_names_nobody(journey: Journey) -> None:
    client = Client()
    client.force_login(staff_user("orders.view_order", "customers.view_customer", "events.view_personal"))
    orders = list(Order.objects.order_by("pk"))
    assert NAME in words_on(client, (path for order in orders for path in pages(order)))
    erased(journey)
    assert words_on(client, (path for order in orders for path in pages(order))) == set()


LISTS = (
    "customers_customer", "orders_order", "auth_user", "carts_cart", "wishlists_wishlistitem", "crm_contact",
    "loyalty_pointsentry", "accounts_registration", "events_event", "events_attempt", "events_deadletter",
)  # fmt: skip


def test_no_search_finds_an_erased_customer(journey: Journey, admin_client: Client) -> None:
    def found(word: str) -> set[str]:
        lists = {name: reverse(f"admin:{name}_changelist") for name in LISTS}
        answers = {name: admin_client.get(path, {"q": word}) for name, path in lists.items()}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {name for name, answer in answers.items() if list(answer.context["cl"].result_list)}

    assert {"customers_customer", "orders_order"} <= found(MAIL)
    erased(journey)
    assert found(MAIL) == found(NAME) == set()
