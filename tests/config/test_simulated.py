"""The simulated services: one key is one effect, failures come when ordered, and nothing is forgotten by a kill."""

import hashlib
import hmac
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config import child, processes
from tests import simulated
from tests.servers import free_port

LINES = [{"sku": "CHAIR", "quantity": 2}]
CHARGE = {"amount": "10.00", "currency": "GBP", "card": {"number": "4242424242424242"}}


@pytest.fixture(autouse=True)
def services() -> Iterator[ModuleType]:
    simulated.forget()
    yield simulated
    simulated.forget()


def call(method: str, path: str, body: Any = None, settings_url: str = "", **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, f"{settings_url}{path}", json=body, headers=names, timeout=30, trust_env=False)


@pytest.fixture
def url(settings: Settings) -> str:
    return str(settings.SIMULATED_URL)


def signed(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Signature": f"sha256={digest}", "Content-Type": "application/json"}


def test_each_service_answers_the_same_key_with_the_same_answer_and_does_it_once(url: str) -> None:
    shipment = {"order_number": "BR-1", "lines": LINES, "address": {"city": "Cairo"}}
    for method, path, body, listed in (
        ("POST", "/warehouse/shipments", shipment, "/warehouse/shipments"),
        ("POST", "/chat/messages", {"channel": "sales", "text": "Sold"}, "/chat/messages"),
        ("POST", "/payments/charges", CHARGE, "/payments/charges"),
    ):
        answers = [call(method, path, body, url, Idempotency_Key="key-1") for _time in range(3)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert call(method, path, body, url, Idempotency_Key="key-2").text != answers[0].text
        (things,) = call("GET", listed, None, url).json().values()
        assert len(things) == 2
    for _time in range(2):
        assert call("PUT", "/crm/contacts/a%2Bb%40c.example", {"name": "A"}, url).json()["email"] == "a+b@c.example"
    assert call("GET", "/crm/contacts", None, url).json() == {"contacts": [{"email": "a+b@c.example", "name": "A"}]}


def test_a_conversion_counts_only_when_it_is_signed(url: str, settings: Settings) -> None:
    body = json.dumps({"order_number": "BR-1", "amount": "10.00"}).encode()
    good = signed(body, settings.AFFILIATE_SECRET)
    for headers, status in ((signed(body, "wrong"), 401), (signed(b"{}", settings.AFFILIATE_SECRET), 401), (good, 202)):
        headers |= {"Idempotency-Key": "key"}
        answer = httpx.post(f"{url}/affiliate/conversions", content=body, headers=headers, trust_env=False)
        assert answer.status_code == status
    assert len(call("GET", "/affiliate/conversions", None, url).json()["conversions"]) == 1


@pytest.mark.parametrize(
    ("knob", "status", "is_done"), [("error_rate", 500, False), ("silence_rate", 0, False), ("lost_rate", 0, True)]
)
def test_a_failure_that_was_ordered_happens_and_repeating_the_call_does_it_once(
    url: str, knob: str, status: int, is_done: bool
) -> None:
    simulated.turn("general", silence_seconds=0.01)
    simulated.turn("chat", **{knob: 1})
    message = {"channel": "sales", "text": "Sold"}
    if status:
        assert call("POST", "/chat/messages", message, url, Idempotency_Key="key").status_code == status
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            call("POST", "/chat/messages", message, url, Idempotency_Key="key")
    assert len(simulated.ask("GET", "/chat/messages")["messages"]) == is_done
    simulated.turn("chat", **{knob: 0})
    assert call("POST", "/chat/messages", message, url, Idempotency_Key="key").status_code == 201
    assert len(simulated.ask("GET", "/chat/messages")["messages"]) == 1
    assert [one["status"] for one in simulated.calls("chat")] == [status, 201]


def test_a_latency_is_felt_by_callers_and_not_by_those_who_look(url: str) -> None:
    simulated.turn("crm", latency_ms=120)
    call("PUT", "/crm/contacts/a%40b.c", {}, url)
    (felt,) = simulated.calls("crm")
    assert 120 <= felt["milliseconds"] < 10_000
    simulated.turn("crm", latency_ms=60_000)
    assert call("GET", "/crm/contacts", None, url).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"crm": {"latency": 5}}, {"crm": {"error_rate": 2}}, {"crm": {"error_rate": True}}, {"crm": 5}, {"mail": {}},
     {"general": {"shop_url": "ftp://x"}}, {"crm": {"latency_ms": 5}, "chat": {"lost_rate": "much"}}],
)  # fmt: skip
def test_a_knob_that_does_not_exist_or_go_so_far_is_refused_and_nothing_is_turned(
    url: str, body: dict[str, Any]
) -> None:
    before = simulated.ask("GET", "/settings")
    answer = call("PUT", "/settings", body, url)
    assert (answer.status_code, simulated.ask("GET", "/settings")) == (400, before)


def test_a_shipment_goes_its_way_and_the_shop_is_told_of_each_step(url: str) -> None:
    shipment = {"order_number": "BR-1", "lines": LINES, "address": {}}
    number = call("POST", "/warehouse/shipments", shipment, url).json()["shipment_id"]
    advance = f"/warehouse/shipments/{number}/advance"
    assert call("POST", advance, {"state": "shipped"}, url).json()["state"] == "shipped"
    told = [json.loads(one["body"]) for one in simulated.callbacks()]
    assert [(one["state"], bool(one["tracking_number"])) for one in told] == [("packed", False), ("shipped", True)]
    assert call("DELETE", f"/warehouse/shipments/{number}", None, url).status_code == 409
    assert call("POST", advance, {}, url).json()["state"] == "delivered"
    assert call("POST", advance, {}, url).status_code == 409
    other = call("POST", "/warehouse/shipments", shipment, url).json()["shipment_id"]
    for _time in range(2):
        assert call("DELETE", f"/warehouse/shipments/{other}", None, url).json()["state"] == "cancelled"


def test_pages_of_other_sites_and_other_names_cannot_steer_it(url: str) -> None:
    knobs = {"chat": {"error_rate": 1}}
    assert call("PUT", "/settings", knobs, url, Host="evil.example:80").status_code == 421
    assert call("PUT", "/settings", knobs, url, Sec_Fetch_Site="cross-site").status_code == 403
    form = httpx.post(f"{url}/chat/messages", data={"channel": "a", "text": "b"}, trust_env=False)
    assert form.status_code == 415
    for raw in (b"[]", b"{", b"[" * 100_000):
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(f"{url}/chat/messages", content=raw, headers=headers, trust_env=False)
        assert answer.status_code == 400
    assert call("GET", "/nothing/here", None, url).status_code == 404
    assert simulated.ask("GET", "/settings")["chat"]["error_rate"] == 0


@contextmanager
def another(directory: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = processes.simulated(port, directory, "http://127.0.0.1:9")
    process = subprocess.Popen(command.argv, stdout=subprocess.DEVNULL, cwd=command.directory)
    try:
        assert child.wait_until(command.is_ready, 60)
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_what_was_answered_is_known_after_a_kill_and_a_stop_ends_it_well(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with another(tmp_path, port):
        first = call("POST", "/payments/charges", CHARGE, address, Idempotency_Key="key").json()
        call("PUT", "/settings", {"crm": {"latency_ms": 7}}, address)
    with another(tmp_path, port) as process:
        assert call("POST", "/payments/charges", CHARGE, address, Idempotency_Key="key").json() == first
        assert call("GET", "/settings", None, address).json()["crm"]["latency_ms"] == 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_command_shows_and_sets(settings: Settings) -> None:
    def run(*words: str) -> str:
        output = StringIO()
        call_command("simulated", *words, stdout=output)
        return output.getvalue()

    assert "No calls yet." in run()
    simulated.ask("PUT", "/crm/contacts/a@b.c", {})
    shown = run("crm", "chat", "--latency", "3", "--errors", "0.5")
    assert "contacts/a%40b.c" in shown or "contacts/a@b.c" in shown
    knobs = simulated.ask("GET", "/settings")
    assert (knobs["crm"]["latency_ms"], knobs["chat"]["error_rate"], knobs["payments"]["latency_ms"]) == (3, 0.5, 0)
    run("--calm")
    assert simulated.ask("GET", "/settings")["crm"] == simulated.ask("GET", "/settings")["payments"]
    with pytest.raises(CommandError, match="There is no service 'mail'"):
        run("mail")
    with pytest.raises(CommandError, match="refused"):
        run("--errors", "7")
    settings.SIMULATED_URL = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(CommandError, match="Does `make run` run"):
        run()


def test_it_listens_to_this_machine_alone_unless_told_otherwise() -> None:
    argv = [sys.executable, "-m", "config.simulated", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert "nobody is asked to log in" in done.stdout
    assert not any("--host" in word for word in processes.simulated(1, Path("/tmp"), "http://x").argv)
