"""Real invoices through a real server, relay and worker, with everything connected: every delivery is settled once, the
books balance, and other systems know what the shop knows."""

import os
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from urllib.error import URLError

import pytest
from django.conf import settings
from django.core.management import call_command
from redis import Redis

from events.catalogue import subscribers_of
from events.models import Attempt, Delivery, Event, OutboxEntry, Outcome
from shop.audit.models import AuditEntry
from shop.orders.models import Order
from tests import simulated
from tests.flows.processes import Process, relay, wait_until, worker
from tests.servers import free_port
from tests.shop.connections import NAMES
from tests.shop.invoice_files import line, write

SHARED_DATA = Path(os.environ.get("SHARED_DATA", settings.BASE_DIR.parent / "shared" / "data"))
SAMPLE = SHARED_DATA / "orders" / "orders_sample.csv"


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Where the worker's mail goes, a file each."""
    directory = tmp_path / "mail"
    directory.mkdir()
    return directory


@pytest.fixture
def url(transactional_db: None, broker: Redis, tmp_path: Path, mail: Path) -> Iterator[str]:
    """The address of a shop with all its processes, and all other systems connected."""
    simulated.forget()
    whole = {"DJANGO_SETTINGS_MODULE": "config.settings", "EMAIL_URL": f"filemail:///{mail}"}
    whole |= {f"{name.upper()}_URL": f"{settings.SIMULATED_URL}/{name}" for name in NAMES}
    address = f"127.0.0.1:{free_port()}"
    gunicorn = ["-m", "gunicorn", "config.wsgi", f"--bind={address}", "--workers=2", "--no-control-socket"]
    with relay(tmp_path / "relay.log", **whole), worker(tmp_path / "worker.log", **whole):
        web = Process([*gunicorn, "--worker-class=gthread", "--threads=2"], tmp_path / "web.log", whole)
        try:
            wait_until(lambda: answers(f"http://{address}/health/"), web.log.read_text)
            yield f"http://{address}"
        finally:
            web.kill()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def replay(file: Path, url: str) -> str:
    """The report; a run that is not right in every way raises CommandError."""
    out = StringIO()
    call_command("replay_orders", str(file), url=url, stdout=out)
    return out.getvalue()


def assert_settled_once() -> None:
    """Every event has exactly one delivery, which is done, for each subscriber that wants it."""
    names = dict(Event.objects.values_list("position", "name"))
    wanted = Counter((position, one.name) for position, name in names.items() for one in subscribers_of(name))
    settled = Delivery.objects.filter(outcome=Outcome.DONE).values_list("event_id", "subscriber")
    assert Counter(settled) == wanted
    assert Delivery.objects.count() == wanted.total()
    assert not OutboxEntry.objects.exists()


def assert_others_agree() -> None:
    """Provider, warehouse and CRM know what was sold and not taken back, once."""
    orders = list(Order.objects.prefetch_related("lines").select_related("customer"))
    charged = sum(Decimal(one["amount"]) for one in simulated.charges())
    assert charged - simulated.refunded() == sum((order.total - order.cancelled_total).amount for order in orders)
    sent: Counter[str] = Counter()
    for shipment in simulated.ask("GET", "/warehouse/shipments")["shipments"]:
        if shipment["state"] == "requested":
            sent[shipment["order_number"]] += sum(one["quantity"] for one in shipment["lines"])
    left = {order.number: sum(one.quantity - one.cancelled_quantity for one in order.lines.all()) for order in orders}
    assert sent == {number: count for number, count in left.items() if count}
    known = {one["email"]: one["order_count"] for one in simulated.ask("GET", "/crm/contacts")["contacts"]}
    assert known == Counter(order.customer.email for order in orders)


#: How far it got with the orders that were cancelled is a matter of speed.
FULFILMENT = ("saga", "payment.captured")


def receipts_in(mail: Path) -> Counter[str]:
    """How often each mail was sent; Django puts mails of one second into one file now and then."""
    text = "".join(file.read_text() for file in mail.iterdir())
    return Counter(re.findall(r"^Message-ID:\s*(<[^>]+>)", text, re.MULTILINE))


def test_a_few_invoices_reach_every_subscriber_once(url: str, tmp_path: Path, mail: Path) -> None:
    numbers = range(100_001, 100_021)
    sales = [line(invoice_no=number, quantity=2, customer_id=500 + number % 3) for number in numbers]
    returns = [line(invoice_no=f"C{number}", quantity=-3, customer_id=500 + number % 3) for number in numbers[-3:]]
    text = replay(write(tmp_path / "few.csv", *sales, *returns), url)
    assert "20  orders placed and paid" in text
    assert "6  cancellations of orders done" in text
    assert_settled_once()
    assert not Attempt.objects.exists()
    names = Counter(Event.objects.values_list("name", flat=True))
    later = {"order.cancelled": 6, "order.refunded": 6, "stock.back_in": 1, "paper.issued": 20 + 6}
    once = {"product.created": 1, "stock.counted": 1, "order.placed": 20, "order.paid": 20}
    assert {name: names[name] for name in names if not name.startswith(FULFILMENT)} == once | later
    assert Counter(AuditEntry.objects.values_list("name", flat=True)) == names
    assert list(receipts_in(mail).values()) == [1] * 20
    assert_others_agree()


@pytest.mark.skipif(
    not SAMPLE.exists(), reason="needs the sample of real invoices beside the project, or in SHARED_DATA"
)
def test_a_year_of_real_customers_ends_with_balanced_books(url: str, tmp_path: Path, mail: Path) -> None:
    """Of every fourth customer; `manage.py replay_orders` plays all of them."""
    with SAMPLE.open(encoding="utf-8") as file:
        header, *lines = file.read().splitlines()
    customer = header.split(",").index("customer_id") - len(header.split(","))
    some = [one for one in lines if (number := one.split(",")[customer]).isdecimal() and int(number) % 4 == 0]
    text = replay(write(tmp_path / "some.csv", *some, header=header), url)
    count = Order.objects.count()
    assert count > 200
    assert f"{count}  orders placed and paid" in text
    assert f"sales as the file says: {count} orders" in text
    assert Order.objects.filter(cancelled_unit_count__gt=0).count() > 20
    assert_settled_once()
    assert len(receipts_in(mail)) == count
    assert_others_agree()
