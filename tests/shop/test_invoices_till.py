"""The till tells what was done from what was refused, and from what nobody knows, which it never sends again."""

from typing import Any

import pytest

from shop.invoices import till as tills
from shop.invoices.errors import ServerAway, ServerElsewhere
from shop.invoices.till import Till, Verdict
from tests.servers import free_port
from tests.shop.answering import server


def problem(kind: str, *codes: str) -> dict[str, Any]:
    return {"type": f"urn:backroom:{kind}", "errors": [{"field": "lines", "code": code} for code in codes]}


@pytest.mark.parametrize(
    ("status", "body", "verdict", "reason"),
    [
        (201, {"number": "BR-1"}, Verdict.ACCEPTED, ""),
        (402, problem("card-declined"), Verdict.REFUSED, "402 card-declined"),
        (409, problem("not-enough-stock", "not-enough-stock"), Verdict.REFUSED, "409 not-enough-stock"),
        (400, problem("invalid", "max_length", "max_length"), Verdict.REFUSED, "400 invalid max_length"),
        (503, problem("payment-unavailable"), Verdict.UNKNOWN, "503 payment-unavailable"),
        (502, "<h1>Bad gateway</h1>", Verdict.UNKNOWN, "502 without a document"),
        (201, "no document", Verdict.UNKNOWN, "201 without a document"),
    ],
)
def test_an_answer_becomes_a_verdict_with_a_reason_to_count(
    status: int, body: Any, verdict: Verdict, reason: str
) -> None:
    with server(status, body) as (url, requests), Till(url) as till:
        answer = till.check_out({"lines": []})
    assert (answer.verdict, answer.reason) == (verdict, reason)
    assert answer.seconds > 0
    assert requests == ["POST /api/checkout/"]


def test_a_request_whose_answer_is_lost_is_not_sent_again() -> None:
    with server(201, {}, hang_up=True) as (url, requests), Till(url) as till:
        answer = till.cancel("BR-1", {2: 1}, "why")
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.reason.startswith("no answer: ")
    assert requests == ["POST /api/orders/BR-1/cancel/"]


def test_a_connection_that_cannot_be_made_is_tried_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tills, "CONNECT_PATIENCE_SECONDS", 0.3)
    with Till(f"http://127.0.0.1:{free_port()}") as till:
        answer = till.check_out({})
    assert answer.verdict is Verdict.NOT_SENT
    assert answer.reason.startswith("no connection: ")


def test_what_comes_too_soon_is_sent_again_when_the_shop_said(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    with server(429, problem("throttled"), headers={"Retry-After": "7"}) as (url, requests), Till(url) as till:

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(tills.time, "sleep", wait)
        with pytest.raises(KeyboardInterrupt):
            till.check_out({"lines": []})
    assert waits == [7, 7]
    assert till.waited_seconds == 7
    assert requests == ["POST /api/checkout/"] * 2


def test_without_a_server_it_is_said_how_to_get_one() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Till(url) as till, pytest.raises(ServerAway) as caught:
        till.check_token()
    assert url in str(caught.value)
    assert "make run" in str(caught.value)
    assert "--url" in str(caught.value)


@pytest.mark.parametrize(("status", "body"), [(401, {}), (200, "<html>"), (200, []), (301, {})])
def test_a_server_of_another_database_is_told_apart(status: int, body: Any) -> None:
    with server(status, body) as (url, _requests), Till(url) as till, pytest.raises(ServerElsewhere) as caught:
        till.check_token()
    with server(status, body) as (url, _requests), Till(url) as till, pytest.raises(ServerElsewhere):
        till.check_shop()
    assert f"answered {status}" in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
