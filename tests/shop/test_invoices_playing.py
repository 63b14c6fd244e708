"""Playing goes on after what the shop did not do, and keeps it apart by what is known."""

from decimal import Decimal

import pytest

from shop.invoices import till as tills
from shop.invoices.plan import Line, Return, Sale
from shop.invoices.playing import Played, play
from shop.invoices.till import Till
from tests.servers import free_port
from tests.shop.answering import server

LINES = (Line("10001", 2, Decimal("2.50")),)
STEPS = [Sale("1", "501", LINES), Sale("2", "501", LINES), Return("C3", "501", LINES)]


def played_at(url: str) -> Played:
    played = Played()
    with Till(url) as till:
        play(STEPS, till, played, lambda: None)
    return played


def test_what_is_refused_is_counted_and_never_cancelled() -> None:
    with server(402, {"type": "urn:backroom:card-declined", "errors": []}) as (url, requests):
        played = played_at(url)
    assert played.refused == {"order: 402 card-declined": 2}
    assert played.not_sold == {"1", "2"}
    assert played.unmatched.total() == 1
    assert requests == ["POST /api/checkout/"] * 2


def test_what_has_no_answer_is_unknown_and_not_sent_again() -> None:
    with server(201, {}, hang_up=True) as (url, requests):
        played = played_at(url)
    assert played.unknown.total() == 2
    assert played.not_sold == {"1", "2"}
    assert (played.orders, played.broken_off) == ({}, "")
    assert len(requests) == 2


def test_a_cancellation_goes_to_the_latest_order() -> None:
    with server(201, {"number": "BR-1"}) as (url, requests):
        played = played_at(url)
    assert played.orders == {"1": "BR-1", "2": "BR-1"}
    assert requests[2:] == ["POST /api/orders/BR-1/cancel/"]
    assert (played.cancellation_count, played.not_cancelled, played.step_count) == (1, set(), 3)


def test_playing_stops_when_the_server_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tills, "CONNECT_PATIENCE_SECONDS", 0.3)
    played = played_at(f"http://127.0.0.1:{free_port()}")
    assert played.broken_off.startswith("no connection: ")
    assert (played.step_count, played.not_sold) == (1, {"1"})
