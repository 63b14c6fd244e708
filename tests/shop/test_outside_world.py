"""The shop and the simulated services agree; and however slow and unreliable they are, everything happens once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from events.api import sagas_of
from events.models import Attempt, Delivery, Outcome
from events.testing import Rehearsal
from shop.crm.models import Contact
from shop.errors import PaymentUnavailable
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, cancel, check_out, settle_abandoned
from shop.orders.operations.drafting import Details
from shop.partners.models import Conversion, Partner
from shop.payments.provider import Card
from shop.sales.models import SalesNote
from shop.warehouse.models import Shipment
from tests import simulated
from tests.flows.conftest import broker
from tests.flows.processes import relay, wait_until, worker
from tests.servers import free_port
from tests.shop.builders import GOOD_CARD, make_product
from tests.shop.connections import NAMES, outside

__all__ = ["broker", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)
SUBSCRIBERS = (
    "fulfilment.begin",
    "warehouse.arrange_shipment",
    "crm.sync_contact",
    "partners.report_conversion",
    "sales.tell_team",
)
#: The steps of the fulfilment that reach the warehouse.
ALLOCATE = "sagas.fulfilment.allocate"
STEPS = ("sagas.fulfilment.accept", ALLOCATE)


def sell(count: int) -> list[Order]:
    """Orders of two pieces each by a customer each, all brought by a partner; every third is cancelled afterwards."""
    Partner.objects.get_or_create(code="lamp-blog", name="The lamp blog", commission_percent=10)
    product = make_product(price="10.00", available=1000)
    orders = []
    for number in range(count):
        buyer = Buyer(f"buyer-{number}@example.com", f"Buyer {number}")
        details, wishes = Details(affiliate="lamp-blog"), [LineWish(product.sku, 2)]
        order = check_out(buyer, wishes, Card(GOOD_CARD), now=timezone.now(), details=details)
        orders.append(order)
        if number % 3 == 2:
            cancel_in_the_end(order)
    return orders


def cancel_in_the_end(order: Order) -> None:
    """The warehouse is asked first, and may give no answer."""
    with suppress(PaymentUnavailable):
        cancel(order, by="test")
    while settle_abandoned(timezone.now() + timedelta(days=1))["undecided"]:
        pass


def outcomes() -> Counter[str]:
    """Of the deliveries that have ended."""
    return Counter(Delivery.objects.filter(subscriber__in=SUBSCRIBERS).values_list("outcome", flat=True))


def expected_deliveries(orders: list[Order]) -> int:
    """placed: CRM and sales; paid: fulfilment and partners; cancelled: warehouse, CRM and partners."""
    return 4 * len(orders) + 3 * cancelled_count(orders)


def cancelled_count(orders: list[Order]) -> int:
    return len(orders) // 3


def assert_everything_happened_once(orders: list[Order]) -> None:
    """On both sides, and both sides say the same."""
    set_failures(0)
    gone = [order.number for number, order in enumerate(orders) if number % 3 == 2]
    shipments = simulated.ask("GET", "/warehouse/shipments")["shipments"]
    kept = [(one["order_number"], one["lines"][0]["quantity"]) for one in shipments if one["state"] == "requested"]
    assert sorted(kept) == sorted((order.number, 2) for order in orders if order.number not in gone)
    assert {one["order_number"] for one in shipments if one["state"] != "requested"} <= set(gone)
    assert_same(Shipment, {one["shipment_id"] for one in shipments}, "outside_id")
    contacts = {one["email"]: one for one in simulated.ask("GET", "/crm/contacts")["contacts"]}
    assert [(one.document, one.error) for one in Contact.objects.all()] == [
        (contacts[one.customer.email], "") for one in Contact.objects.select_related("customer")
    ]
    assert Counter(one["kept_totals"]["GBP"] for one in contacts.values()) == {
        "20.00": len(orders) - len(gone),
        "0.00": len(gone),
    }
    conversions = simulated.ask("GET", "/affiliate/conversions")["conversions"]
    told = Counter((one["order_number"], one["kind"], one["amount"]) for one in conversions)
    assert told == Counter((order.number, "conversion", "20.00") for order in orders) + Counter(
        (number, "reversal", "-20.00") for number in gone
    )
    assert not Conversion.objects.filter(reported_at=None).exists()
    messages = [one["text"] for one in simulated.ask("GET", "/chat/messages")["messages"]]
    assert sorted(messages) == sorted(SalesNote.objects.values_list("text", flat=True))
    assert len(messages) == len(orders)


def assert_same(model: Any, there: set[str], field: str) -> None:
    assert set(model.objects.exclude(**{field: ""}).values_list(field, flat=True)) == there


def is_with_the_warehouse_or_over(order: Order) -> bool:
    """As far as its fulfilment gets here: nobody ships it."""
    return all(
        saga.state in ("completed", "compensated") or ("ship", "done") in {(one.step, one.state) for one in saga.steps}
        for saga in sagas_of(f"order-{order.pk}")
    )


def set_failures(share: float, latency_ms: int = 0) -> None:
    """So many calls fail: one half before they are done, the other after, when only the answer is lost."""
    for name in NAMES:
        simulated.turn(name, latency_ms=latency_ms, error_rate=share / 2, lost_rate=share / 2)


def test_the_shop_and_the_services_agree(outside: None) -> None:
    orders = sell(3)
    assert outcomes() == {Outcome.DONE: expected_deliveries(orders)}
    assert not Attempt.objects.exists()
    assert_everything_happened_once(orders)


def test_unreliable_services_get_everything_once_inline(outside: None, events: Rehearsal) -> None:
    set_failures(0.3)
    orders = sell(12)
    events.deliver_twice(*SUBSCRIBERS, *STEPS)
    assert outcomes() == {Outcome.DONE: expected_deliveries(orders)}
    assert Attempt.objects.filter(subscriber__in=(*SUBSCRIBERS, ALLOCATE)).exists()
    assert_everything_happened_once(orders)


@pytest.fixture
def back_room(broker: Redis, outside: None, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A relay and a worker of the shop, connected to the services; the worker's output."""
    connected = {f"{name.upper()}_URL": f"{settings.SIMULATED_URL}/{name}" for name in NAMES}
    environment = connected | {"DJANGO_SETTINGS_MODULE": "config.settings", "OUTSIDE_REST_SECONDS": "1"}
    with ExitStack() as stack:
        stack.enter_context(relay(tmp_path / "relay.log", **environment))
        stack.enter_context(worker(tmp_path / "worker.log", **environment))
        yield tmp_path / "worker.log"


def test_unreliable_services_get_everything_once_through_a_worker(back_room: Path) -> None:
    set_failures(0.3, latency_ms=20)
    orders = sell(9)
    wait_until(
        lambda: outcomes().total() == expected_deliveries(orders) and all(map(is_with_the_warehouse_or_over, orders)),
        lambda: f"{outcomes()}\n{back_room.read_text()}",
    )
    assert outcomes() == {Outcome.DONE: expected_deliveries(orders)}
    assert_everything_happened_once(orders)


def test_while_a_service_is_away_the_others_go_on_and_few_tries_are_spent(
    outside: None, events: Rehearsal, settings: Settings
) -> None:
    settings.OUTSIDE_FAILURES_TO_REST, settings.OUTSIDE_REST_SECONDS = 3, 600.0
    settings.WAREHOUSE_URL = f"http://127.0.0.1:{free_port()}"
    orders = sell(10)
    for _ in range(4):
        events.deliver(*SUBSCRIBERS, *STEPS)
    assert Attempt.objects.filter(subscriber=ALLOCATE, spent=True).count() == 3
    events.assert_done("sales.tell_team")
    settings.WAREHOUSE_URL = f"{settings.SIMULATED_URL}/warehouse"
    events.deliver(*SUBSCRIBERS, *STEPS)
    assert outcomes() == {Outcome.DONE: expected_deliveries(orders)}
    assert_everything_happened_once(orders)
