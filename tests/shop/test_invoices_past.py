"""Invoices are played through the shop's counter; afterwards the log says of every order what it was at any instant."""

import os
import random
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from events.api import acting_as, state_of
from shop.invoices.clerk import clerk
from shop.invoices.invoices import group
from shop.invoices.plan import plan
from shop.invoices.playing import Played, play
from shop.invoices.preparing import prepare
from shop.invoices.reading import Row, read_rows
from shop.invoices.till import Till
from shop.orders.models import Order
from tests.shop.invoice_files import line, write
from tests.shop.invoice_states import states

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
SHARED_DATA = Path(os.environ.get("SHARED_DATA", project.BASE_DIR.parent / "shared" / "data"))
SAMPLE = SHARED_DATA / "orders" / "orders_sample.csv"
#: How many steps of the sample are played; PAST_STEPS=0 plays all of them.
STEP_COUNT = int(os.environ.get("PAST_STEPS", "100")) or None
INSTANT_COUNT = 3


@pytest.fixture(autouse=True)
def nobody_reacts(settings: Settings) -> None:
    """What subscribers do is left to workers, of which there are none: only the counter changes orders."""
    settings.EVENTS = settings.EVENTS | {"transport": "celery"}


def now() -> datetime:
    """By the clock that the log goes by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def assert_past_as_in_file(rows: list[Row], url: str, step_count: int | None) -> dict[str, dict[str, object]]:
    """Play, then ask for every order at three random instants; returns what it must be at the last."""
    made = plan(group(rows))
    made.steps = made.steps[:step_count]
    with acting_as("system:test"):
        prepare(made)
    played, instants = Played(), [now()]
    with clerk() as staff, Till(url, staff.token) as till:
        play(made.steps, till, played, lambda: instants.append(now()))
    assert (played.refused, played.unknown, played.broken_off) == ({}, {}, "")

    ids = dict(Order.objects.values_list("number", "pk"))
    for count in sorted(random.Random(len(rows)).sample(range(1, len(instants)), INSTANT_COUNT)):
        expected = states(rows, [step.invoice_no for step in islice(made.steps, count)])
        for invoice_no, number in played.orders.items():
            state = state_of(f"order-{ids[number]}", at=instants[count]).state
            then = state and state.model_dump(include=expected.get(invoice_no, {}).keys())
            assert then == expected.get(invoice_no), (invoice_no, count)
    call_command("events", "verify")
    return expected


def test_the_state_of_every_order_at_three_instants_is_what_the_lines_say(live_server, tmp_path: Path) -> None:
    sold = [
        line(invoice_no=number, stock_code=10_000 + number % 2, customer_id=501 + number % 3) for number in range(9)
    ]
    much = line(invoice_no="9", stock_code="10001", quantity=5, unit_price="0.001", customer_id="502")
    back = [line(invoice_no=f"C{number}", stock_code=10_001, quantity=-1, customer_id=502) for number in range(3)]
    last = [line(invoice_no="C3", stock_code="10001", quantity=-2, unit_price="0.001", customer_id="502")]
    file = write(tmp_path / "invoices.csv", *sold, much, *back, *last)
    ended = assert_past_as_in_file(read_rows(file), live_server.url, None)
    assert {one["status"] for one in ended.values()} == {"paid", "cancelled"}


@pytest.mark.skipif(
    not SAMPLE.exists(), reason="needs the sample of real invoices, beside the project or in SHARED_DATA"
)
def test_the_state_of_every_real_order_at_three_instants_is_what_the_file_says(live_server) -> None:
    ended = assert_past_as_in_file(read_rows(SAMPLE), live_server.url, STEP_COUNT)
    assert sum(one["cancelled_unit_count"] != 0 for one in ended.values()) > 0
