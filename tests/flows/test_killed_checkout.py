"""A web process that is killed between charge and confirmation: the duty asks the provider, and ends it once."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from shop.orders.models import Order
from shop.orders.operations import settle_abandoned
from shop.payments.models import Payment
from tests import simulated
from tests.flows.processes import Process, wait_until
from tests.servers import free_port
from tests.shop.builders import available, checkout_document, event_names, make_product

pytestmark = pytest.mark.django_db(transaction=True)
ANSWERED_LATE_CARD, CHARGED_LATE_CARD = "4000000000003063", "4000000000003220"
VERY_SLOW_SECONDS = 600


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Process]:
    """A real web process on the test's database; `log.name` has its address."""
    simulated.forget()
    address = f"127.0.0.1:{free_port()}"
    argv = ["-m", "gunicorn", "config.wsgi", f"--bind={address}", "--worker-class=gthread", "--threads=2"]
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "EVENTS_TRANSPORT": "inline"}
    process = Process([*argv, "--no-control-socket"], tmp_path / address, environment)
    try:
        wait_until(lambda: _answers(address), process.log.read_text)
        yield process
    finally:
        process.kill()
        simulated.forget()


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://{address}/health/", timeout=5) as response:
        return bool(response.status == 200)
    return False


def begin_checkout(web: Process, card: str) -> threading.Thread:
    """Somebody at the counter, who will never get an answer."""
    body = json.dumps(checkout_document({"sku": "CHAIR", "quantity": 2}, card=card)).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    request = urllib.request.Request(f"http://{web.log.name}/api/checkout/", data=body, headers=headers)

    def wait_in_vain() -> None:
        with suppress(OSError), urllib.request.urlopen(request, timeout=90) as response:
            pytest.fail(f"an answer: {response.read()}")

    customer = threading.Thread(target=wait_in_vain)
    customer.start()
    return customer


def test_killed_after_the_charge_the_order_is_paid_and_charged_once(web: Process) -> None:
    chair = make_product("CHAIR", available=5)
    simulated.turn("general", slow_seconds=VERY_SLOW_SECONDS)
    customer = begin_checkout(web, ANSWERED_LATE_CARD)
    wait_until(lambda: len(simulated.charges()) == 1, web.log.read_text)
    assert Order.objects.get().status == "pending"
    web.kill()
    customer.join()

    assert settle_abandoned(timezone.now() + timedelta(minutes=5)) == {}
    when = timezone.now() + timedelta(minutes=16)
    assert settle_abandoned(when) == {"confirmed": 1}
    assert settle_abandoned(when) == {}
    order = Order.objects.get()
    (charge,) = simulated.charges()
    assert (order.status, order.charge_id, charge["key"]) == ("paid", charge["id"], str(order.payment_key))
    assert Payment.objects.get().outcome == "charged"
    assert available(chair) == 3
    assert [name for name in event_names("order.") if name in ("order.placed", "order.paid")] == [
        "order.placed",
        "order.paid",
    ]


def test_killed_before_the_charge_the_card_is_never_charged_although_the_provider_gets_to_it_later(
    web: Process,
) -> None:
    chair = make_product("CHAIR", available=5)
    simulated.turn("general", slow_seconds=4)
    customer = begin_checkout(web, CHARGED_LATE_CARD)
    wait_until(lambda: Order.objects.filter(status="pending").exists(), web.log.read_text)
    wait_until(lambda: simulated.thinking("payments") == 1, web.log.read_text)
    web.kill()
    customer.join()

    assert settle_abandoned(timezone.now() + timedelta(minutes=16)) == {"expired": 1}
    wait_until(
        lambda: [call["status"] for call in simulated.calls("payments")] == [200, 409],
        lambda: repr(simulated.calls("payments")),
    )
    assert simulated.charges() == []
    assert Order.objects.get().status == "expired"
    assert available(chair) == 5
