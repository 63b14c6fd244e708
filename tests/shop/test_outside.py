"""Calling other systems: whatever they do, the shop waits a bounded time, knows whether to ask again, and asks once."""

import gzip
import pickle
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.core.checks import run_checks
from django.db import transaction
from pytest_django import Settings

from events import catalogue
from events.api import Snooze
from shop.errors import (
    CaptureRefused,
    InvalidInput,
    OutsideInsideTransaction,
    OutsideRefused,
    OutsideResting,
    OutsideUnavailable,
    OutsideUnsigned,
    ShopError,
)
from shop.orders.events import OrderPlaced
from shop.outside.client import ANSWER_LIMIT_BYTES, Service
from shop.outside.signing import refuse_unsigned, signature
from shop.outside.subscribing import outside_subscriber
from shop.warehouse.service import WAREHOUSE
from tests.servers import free_port
from tests.shop.elsewhere import Asked, Elsewhere, Said, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)
SHED = Service("shed", "SHED_URL", "SHED_SECRET")


@pytest.fixture
def shed(settings: Settings) -> Iterator[Elsewhere]:
    settings.OUTSIDE_FAILURES_TO_REST = 1000
    with elsewhere() as place:
        settings.SHED_URL, settings.SHED_SECRET = f"{place.url}/shed/", "only for tests"
        yield place


def ask(document: dict | None = None) -> dict:
    return SHED.call("POST", "/tools", {"tool": "spade"} if document is None else document, key="key-1")


def test_a_call_carries_key_and_signature_and_brings_the_answer_back(shed: Elsewhere) -> None:
    shed.answer = lambda asked: Said(201, {"id": "T-1", "name": "مجرفة"})
    assert ask({"tool": "مجرفة"}) == {"id": "T-1", "name": "مجرفة"}
    assert ask() == ask()
    (first, second, _third) = shed.asked
    assert (first.method, first.path, first.document) == ("POST", "/shed/tools", {"tool": "مجرفة"})
    assert first.key == "key-1"
    assert first.headers["X-Signature"] == signature(first.body, "only for tests")
    assert second.headers["X-Signature"] != first.headers["X-Signature"]


def test_an_empty_answer_is_an_empty_document(shed: Elsewhere) -> None:
    shed.answer = lambda asked: Said(204, b"")
    assert SHED.call("DELETE", "/tools/1", key="key-1") == {}
    assert "Content-Type" not in shed.asked[0].headers


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(500, {"error": "boom"}), "it answered 500"),
        (Said(503), "it answered 503"),
        (Said(408), "it answered 408"),
        (Said(hang_up=True), "disconnected"),
        (Said(200, b"<html>"), "not JSON"),
        (Said(200, b"\xff\xfe"), "not JSON"),
        (Said(200, b"[" * 100_000), "not JSON"),
        (Said(200, [1]), "not a JSON object"),
        (Said(200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}), "not JSON"),
        (Said(200, b"x" * (ANSWER_LIMIT_BYTES + 1)), "over 262144 bytes"),
        (Said(200, b"{}", {"Content-Length": "100"}), "incomplete|timed out|closed"),
        (Said(200, b"{}", {"Content-Length": "nonsense"}), "."),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_a_service_that_fails_or_talks_nonsense_is_to_be_asked_again(
    shed: Elsewhere, settings: Settings, said: Said, why: str
) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.3
    shed.answer = lambda asked: said
    with pytest.raises(OutsideUnavailable, match=why) as caught:
        ask()
    assert not isinstance(caught.value, OutsideResting)


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 422])
def test_a_service_that_says_no_is_not_asked_again(shed: Elsewhere, status: int) -> None:
    shed.answer = lambda asked: Said(status, {"why": "no such\0tool"}, {"Location": "http://127.0.0.1:1/"})
    with pytest.raises(OutsideRefused, match=rf"shed service refused with {status}: .*no such") as caught:
        ask()
    assert caught.value.data["status"] == status
    assert len(shed.asked) == 1


def test_a_service_that_hangs_is_left_after_the_time_out(shed: Elsewhere, settings: Settings) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.1
    over = threading.Event()

    def hang(asked: Asked) -> Said:
        over.wait(5)
        return Said(hang_up=True)

    shed.answer = hang
    with pytest.raises(OutsideUnavailable, match="timed out"):
        ask()
    over.set()


def test_a_service_that_is_not_there_is_to_be_asked_again(settings: Settings) -> None:
    settings.SHED_URL, settings.SHED_SECRET = f"http://127.0.0.1:{free_port()}", "secret"
    with pytest.raises(OutsideUnavailable, match="refused"):
        ask()
    settings.SHED_URL = "not an address"
    with pytest.raises(OutsideUnavailable):
        ask()


@pytest.mark.parametrize(
    ("status", "wait", "least", "most"),
    [
        (429, "7", 7, 7),
        (503, "2", 2, 2),
        (409, "1", 1, 1),
        (429, "0", 1, 1),
        (429, "1e9", 30, 30),
        (429, "99999999", 3600, 3600),
        (429, "soon", 30, 30),
        (429, "", 30, 30),
        (503, "in five minutes", 200, 300),
    ],
)
def test_a_service_that_asks_to_wait_is_left_in_peace_for_that_time(
    shed: Elsewhere, status: int, wait: str, least: float, most: float
) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=5))
    shed.answer = lambda asked: Said(status, {}, {"Retry-After": wait.replace("in five minutes", at)})
    with pytest.raises(OutsideResting) as caught:
        ask()
    assert least <= caught.value.data["seconds"] <= most


def test_after_so_many_failures_in_a_row_nobody_is_asked_until_the_rest_is_over(
    shed: Elsewhere, settings: Settings
) -> None:
    settings.OUTSIDE_FAILURES_TO_REST, settings.OUTSIDE_REST_SECONDS = 3, 60.0
    answers = iter([Said(500), Said(500), Said(404), Said(500), Said(500), Said(500)])
    shed.answer = lambda asked: next(answers)
    for _ in range(6):  # a refusal is an answer, so the count begins again
        with pytest.raises((OutsideUnavailable, OutsideRefused)):
            ask()
    for _ in range(2):
        with pytest.raises(OutsideResting) as caught:
            ask()
        assert 55 < caught.value.data["seconds"] <= 75
    assert len(shed.asked) == 6


def test_after_the_rest_one_call_decides(shed: Elsewhere, settings: Settings) -> None:
    settings.OUTSIDE_FAILURES_TO_REST, settings.OUTSIDE_REST_SECONDS = 2, 0.01
    answers = iter([Said(500), Said(500), Said(500), Said(200), Said(500), Said(200)])
    shed.answer = lambda asked: next(answers)
    heard = []
    while len(shed.asked) < 6:
        try:
            ask()
            heard.append("answered")
        except OutsideResting:
            pass
        except OutsideUnavailable:
            heard.append("failed")
    assert heard == ["failed", "failed", "failed", "answered", "failed", "answered"]


def test_threads_are_not_kept_waiting_for_each_other(shed: Elsewhere) -> None:
    both = threading.Barrier(2, timeout=5)

    def answer(asked: Asked) -> Said:
        both.wait()
        return Said()

    shed.answer = answer
    other = threading.Thread(target=ask)
    other.start()
    assert ask() == {}
    other.join()


def test_nothing_is_called_inside_a_transaction(shed: Elsewhere) -> None:
    with transaction.atomic(), pytest.raises(OutsideInsideTransaction):
        ask()
    assert shed.asked == []


def test_while_a_service_rests_its_subscriber_waits_and_spends_no_try(shed: Elsewhere) -> None:
    shed.answer = lambda asked: Said(429, {}, {"Retry-After": "7"})
    with catalogue.scratch():

        @outside_subscriber(OrderPlaced, name="shed.lend")
        def lend(event: OrderPlaced, context: object) -> None:
            """Twice is once: the shed knows the key."""
            ask()

        with pytest.raises(Snooze) as caught:
            catalogue.subscriber("shed.lend").function(None, None)
    assert caught.value.data["seconds"] == 7


def test_a_service_without_its_secret_is_not_called_and_reported(settings: Settings) -> None:
    settings.WAREHOUSE_URL, settings.WAREHOUSE_SECRET = "http://127.0.0.1:9", ""
    assert not WAREHOUSE.is_connected
    messages = [message for message in run_checks() if message.id == "outside.W001"]
    assert [message.msg for message in messages] == ["WAREHOUSE_URL is set, but WAREHOUSE_SECRET is not."]
    settings.WAREHOUSE_URL = ""
    assert not [message for message in run_checks() if message.id == "outside.W001"]


@pytest.mark.parametrize(
    "error",
    [
        OutsideRefused(service="shed", status=404, reason="no such tool"),
        CaptureRefused(charge_id="ch_1"),
        InvalidInput([{"field": "sku", "code": "unknown"}]),
    ],
)
def test_errors_survive_the_way_between_processes(error: ShopError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), there.__dict__) == (type(error), str(error), error.__dict__)


@pytest.mark.parametrize(
    ("body", "given", "secret"),
    [
        (b"{}", signature(b"{}", "another"), "secret"),
        (b"{ }", signature(b"{}", "secret"), "secret"),
        (b"{}", "", "secret"),
        (b"{}", "sha256=é", "secret"),
        (b"{}", signature(b"{}", ""), ""),
    ],
    ids=["other-secret", "other-body", "none", "not-ascii", "no-secret-shared"],
)
def test_what_is_not_signed_with_the_shared_secret_is_refused(body: bytes, given: str, secret: str) -> None:
    with pytest.raises(OutsideUnsigned):
        refuse_unsigned("shed", body, given, secret)
    refuse_unsigned("shed", b"{}", signature(b"{}", "secret"), "secret")
