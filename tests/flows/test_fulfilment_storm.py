"""Thirty orders while carrier, payment provider and warehouse fail, hang, refuse and lose answers, customers cancel,
and a worker is killed: every fulfilment ends, and money, stock and labels are where they belong."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from rest_framework.test import APIClient

from events.models import Delivery, OutboxEntry, Outcome
from events.models import Saga as Run
from shop.errors import CannotCancel, PaymentUnavailable
from shop.orders.models import Order
from shop.orders.operations import LineWish, cancel, check_out, settle_abandoned
from shop.orders.operations.drafting import Details
from shop.outside.signing import signature
from shop.payments.entries import balance
from shop.payments.provider import Card
from tests import simulated
from tests.flows.processes import Process, relay, wait_until, worker
from tests.shop.builders import BUYER, GOOD_CARD, make_product

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS, SEED = 30, 20_26
NEVER_CAPTURED_CARD = "4000000000007635"
HOME = {"name": "Mona", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"}
TROUBLE = {"error_rate": 0.1, "lost_rate": 0.1, "silence_rate": 0.03}
CALM = dict.fromkeys(["error_rate", "lost_rate", "silence_rate", "refusal_rate"], 0)
OVER = ("completed", "compensated")
Thing = dict[str, Any]


@pytest.fixture
def shop(broker: Redis, settings: Settings, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the processes are told; other systems are connected, and calm."""
    simulated.forget()
    simulated.turn("general", seed=SEED, silence_seconds=2)
    addresses = {f"{name.upper()}_URL": f"{settings.SIMULATED_URL}/{name}" for name in ("warehouse", "carrier")}
    for name, address in addresses.items():
        setattr(settings, name, address)
    settings.PAYMENT_CAPTURE = "fulfilment"
    patience = {"OUTSIDE_TIMEOUT_SECONDS": "1", "PAYMENT_TIMEOUT_SECONDS": "1", "OUTSIDE_REST_SECONDS": "1"}
    yield {
        "DJANGO_SETTINGS_MODULE": "tests.flows.settings_fulfilment",
        "EMAIL_URL": f"filemail:///{tmp_path / 'mail'}",
        **addresses,
        **patience,
    }
    simulated.forget()


def sell(chance: random.Random) -> None:
    """Some go where the carrier does not, some are paid with cards that reserve and do not pay."""
    for number in range(ORDERS):
        place = HOME | ({"country": "AQ"} if number % 10 == 3 else {})
        card = NEVER_CAPTURED_CARD if number % 10 == 6 else GOOD_CARD
        wish = LineWish("CHAIR", chance.randint(1, 4))
        check_out(BUYER, [wish], Card(card), now=timezone.now(), details=Details(shipping_address=place))


@contextmanager
def storm() -> Iterator[None]:
    """While it lasts."""
    simulated.turn("carrier", **TROUBLE, refusal_rate=0.05)
    simulated.turn("payments", **TROUBLE)
    simulated.turn("warehouse", **TROUBLE)
    yield
    for name in ("carrier", "payments", "warehouse"):
        simulated.turn(name, **CALM)


def states() -> Counter[str]:
    return Counter(Run.objects.filter(name="fulfilment").values_list("state", flat=True))


def ended() -> int:
    counts = states()
    return sum(counts[state] for state in OVER)


class House:
    """The warehouse's own people: they pack and ship whatever may go, and their reports reach the shop."""

    def __init__(self) -> None:
        self.told: set[int] = set()
        self.rests_until = 0.0

    def work(self) -> bool:
        """At most a few times a second; whether they did anything."""
        if time.monotonic() < self.rests_until:
            return False
        self._ship()
        told = len(self.told)
        for one in simulated.callbacks():
            if one["service"] == "warehouse" and one["id"] not in self.told:
                self._tell(one)
        self.rests_until = time.monotonic() + 0.3
        return len(self.told) > told

    def _ship(self) -> None:
        for one in simulated.ask("GET", "/warehouse/shipments")["shipments"]:
            if one["state"] in ("requested", "packed") and one["may_go"]:
                path = f"/warehouse/shipments/{one['shipment_id']}/advance"
                httpx.post(django_settings.SIMULATED_URL + path, json={"state": "shipped"}, trust_env=False)

    def _tell(self, one: Thing) -> None:
        body = one["body"].encode()
        header = {"HTTP_X_SIGNATURE": signature(body, django_settings.WAREHOUSE_SECRET)}
        answer = APIClient().generic("POST", one["path"], body, "application/json", **header)
        if answer.status_code != 404:  # the shop has not heard yet that there is such a shipment
            self.told.add(one["id"])


def change_their_minds(chance: random.Random) -> None:
    """Some customers cancel, some of them a part; whoever is too late is too late."""
    paid = list(Order.objects.filter(status="paid"))
    for order in chance.sample(paid, min(6, len(paid))):
        quantities = {1: 1} if order.pk % 2 else None
        with suppress(CannotCancel, PaymentUnavailable):
            cancel(order, quantities, by=f"user:{order.customer_id}", before_packing=True)


def test_a_storm_leaves_money_stock_and_labels_where_they_belong(shop: dict[str, str], tmp_path: Path) -> None:
    make_product("CHAIR", price="10.00", available=1_000)
    chance, house, log = random.Random(SEED), House(), tmp_path / "worker.log"
    sell(chance)

    def until(condition: Callable[[], bool]) -> None:
        """With patience for as long as anything gets on."""
        while not condition():
            wait_until(partial(gets_on, Delivery.objects.count(), condition), described)

    def gets_on(settled: int, condition: Callable[[], bool]) -> bool:
        return house.work() or condition() or Delivery.objects.count() > settled

    def described() -> str:
        return f"{states()}\n{log.read_text()[-5000:]}"

    with relay(tmp_path / "relay.log", **shop), worker(log, **shop, WORKER_CONCURRENCY="2"):
        with worker(tmp_path / "killed.log", "-n", "other@%h", **shop) as other, storm():
            until(lambda: ended() >= 1)
            change_their_minds(chance)
            kill_in_the_middle(other)
            until(lambda: ended() >= ORDERS // 2)
        settle_abandoned(timezone.now().replace(year=timezone.now().year + 1))  # the cancellations without an answer
        until(lambda: ended() == Run.objects.filter(name="fulfilment").count())
        until(lambda: not OutboxEntry.objects.exists())
        until(the_ledger_agrees)
    assert states().total() == ORDERS
    assert_money_is_conserved()
    assert_labels_are_where_they_belong()
    assert_dead_letters_are_explained()


def kill_in_the_middle(other: Process) -> None:
    """kill -9 for a worker and its children, while it is busy."""
    wait_until(lambda: "sagas.fulfilment" in other.log.read_text() or bool(ended()))
    other.kill()


def the_ledger_agrees() -> bool:
    """Once all of it is delivered."""
    try:
        call_command("check_stock", stdout=StringIO())
    except CommandError:
        return False
    return True


def assert_money_is_conserved() -> None:
    """For each order: captured less refunded is the value of what was shipped; by the provider's book and by ours."""
    refunds: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in simulated.refunds():
        if one["status"] != "released":
            refunds[one["charge_id"]] += Decimal(one["amount"])
    had = {one["id"]: Decimal(one["captured"] or 0) - refunds[one["id"]] for one in simulated.charges()}
    for order in Order.objects.all():
        worth = (order.total - order.cancelled_total).amount if order.status == "shipped" else Decimal(0)
        assert order.status in ("shipped", "cancelled"), order.status
        assert (had[order.charge_id], balance(order.charge_id)) == (worth, worth), order


def assert_labels_are_where_they_belong() -> None:
    """One on each parcel, and none besides."""
    bought: defaultdict[str, list[str]] = defaultdict(list)
    for one in simulated.ask("GET", "/carrier/labels")["labels"]:
        if one["state"] != "voided":
            bought[one["reference"]].append(one["tracking_number"])
    sent = {order.number: [order.tracking_number] for order in Order.objects.filter(status="shipped")}
    assert dict(bought) == sent
    shipped = [one for one in simulated.ask("GET", "/warehouse/shipments")["shipments"] if one["state"] != "cancelled"]
    assert sorted(one["order_number"] for one in shipped) == sorted(sent)


def assert_dead_letters_are_explained() -> None:
    """Each is the step for which a fulfilment was called off: a refusal of the carrier or of the bank."""
    dead = Delivery.objects.filter(outcome=Outcome.DEAD).select_related("event")
    assert {one.subscriber for one in dead} <= {"sagas.fulfilment.label", "sagas.fulfilment.capture"}
    compensated = set(Run.objects.filter(state="compensated").values_list("key", flat=True))
    assert {one.event.payload["key"] for one in dead} <= compensated
    assert len(dead) >= ORDERS // 10
