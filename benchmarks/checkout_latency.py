"""A checkout over HTTP with all side operations behind it, against the same with all of them in the request.

Two web servers on one database run the shop's own code with all its subscribers: one with the transport `celery`, where
the request ends with the commit, one with `inline`, where the subscribers run before the answer. The simulated provider
takes half a second for a charge in both; what the side operations take is in SECONDS. Then, without any latency, the
same again, and 200 buyers of different products at the same moment.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import json
import threading
import time
import uuid
from contextlib import ExitStack
from statistics import median
from typing import Any

import httpx
from djmoney.money import Money
from redis import Redis

from benchmarks.arena import app, percentile, ratio_of_medians
from benchmarks.verdict import Verdict, show
from events.models import OutboxEntry
from shop.catalog.operations import NewProduct, create_products
from shop.stock.operations import set_stock

BEHIND, INSIDE = "behind the request", "in the request"
CHARGE_SECONDS = 0.5
#: By the first word of the subscribers' names; "" is all others together. With the charge 8.2 s.
SECONDS = {"receipts": 1.0, "inventory": 0.5, "warehouse": 1.0, "analytics": 0.3, "crm": 1.5, "": 3.4}
CROWD = 200
SETTINGS = "benchmarks.slow_settings"


def measure(quick: bool) -> list[Verdict]:
    """Seconds of a checkout, as its customer waits."""
    _open_shop()
    slow = _duel(SECONDS, CHARGE_SECONDS, rounds=2 if quick else 5)
    fast = _duel({}, 0.0, rounds=20 if quick else 100)
    crowd, failed_count = _crowd()
    with Redis.from_url(app.conf.broker_url) as redis:
        redis.flushdb()
    _show(slow, fast, crowd, failed_count)
    on_top_ms = (median(slow[BEHIND]) - CHARGE_SECONDS) * 1000
    return [
        Verdict(
            "checkout: in the request against behind it", 10, ratio_of_medians(slow, INSIDE, BEHIND), at_most=False
        ),
        Verdict("checkout: on top of the charge", 50, on_top_ms, at_most=True, unit="ms"),
        Verdict("checkout: in the request, no latency", 1, ratio_of_medians(fast, INSIDE, BEHIND), at_most=False),
        Verdict(f"checkout: errors of {CROWD} at once", 0, failed_count, at_most=True, unit=""),
        Verdict(f"checkout: p99 of p50, {CROWD} at once", 5, percentile(crowd, 99) / median(crowd), at_most=True),
    ]


def _duel(seconds: dict[str, float], charge_seconds: float, rounds: int) -> arena.Laps:
    """The two in turn, on servers of their own."""
    _set_charge(charge_seconds)
    slowness = json.dumps(seconds)
    with ExitStack() as stack:
        rivals = {
            name: stack.enter_context(arena.web(SETTINGS, EVENTS_TRANSPORT=transport, BENCHMARK_SECONDS=slowness))
            for name, transport in ((BEHIND, "celery"), (INSIDE, "inline"))
        }
        clients = {name: stack.enter_context(_client(url)) for name, url in rivals.items()}
        turns = {name: lambda client=client: _check_out_alone(client) for name, client in clients.items()}
        return arena.take_turns(turns, rounds, warm_up=2)


def _check_out_alone(client: httpx.Client) -> float:
    """No relay runs, so what the one has left to be published must not become the other's work."""
    OutboxEntry.objects.all().delete()
    return _check_out(client, 1)


def _crowd() -> tuple[list[float], int]:
    """Each buys another product, all at once; the seconds of those who got it, and how many did not."""
    _set_charge(0.0)
    outcomes: list[float | Exception] = []
    with arena.web(SETTINGS, EVENTS_TRANSPORT="celery") as url, ExitStack() as stack:
        clients = [stack.enter_context(_client(url)) for _number in range(CROWD)]
        for number in range(1, 33):
            _check_out(clients[0], number)  # every thread of the server has its connections then
        start = threading.Barrier(CROWD)

        def buy(number: int) -> None:
            start.wait()
            try:
                outcomes.append(_check_out(clients[number - 1], number))
            except Exception as error:
                outcomes.append(error)

        threads = [threading.Thread(target=buy, args=(number,)) for number in range(1, CROWD + 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds = [outcome for outcome in outcomes if isinstance(outcome, float)]
    return seconds, len(outcomes) - len(seconds)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, trust_env=False)


def _check_out(client: httpx.Client, number: int) -> float:
    """Seconds until the answer."""
    body: dict[str, Any] = {
        "customer": {"email": f"buyer-{number}@example.com", "name": "Buyer", "language": "en"},
        "lines": [{"sku": f"THING-{number}", "quantity": 1}],
        "card": {"number": "4242424242424242"},
    }
    started = time.perf_counter()
    answer = client.post("/api/checkout/", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    seconds = time.perf_counter() - started
    if answer.status_code != 201:
        raise RuntimeError(f"The checkout answered {answer.status_code}: {answer.text[:300]}")
    return seconds


def _open_shop() -> None:
    things = [
        NewProduct(sku=f"THING-{number}", slug=f"thing-{number}", price=Money(10, "GBP"))
        for number in range(1, CROWD + 1)
    ]
    set_stock({product.pk: 10_000 for product in create_products(things)})


def _set_charge(seconds: float) -> None:
    knobs = {"payments": {"latency_ms": seconds * 1000}, "general": {"spread": 0.0}}
    httpx.put(f"{arena.SIMULATED_URL}/settings", json=knobs, trust_env=False).raise_for_status()


def _show(slow: arena.Laps, fast: arena.Laps, crowd: list[float], failed_count: int) -> None:
    rows = [_row(f"latencies of {sum(SECONDS.values()) + CHARGE_SECONDS:.1f} s, {name}", slow[name]) for name in slow]
    rows += [_row(f"no latency, {name}", fast[name]) for name in fast]
    rows.append(_row(f"{CROWD} at once, behind the request", crowd))
    caption = f"{failed_count} of {CROWD} at once failed; the charge takes {CHARGE_SECONDS} s of the latencies"
    show("POST /api/checkout/ over HTTP", ("", "median, ms", "p99, ms"), rows, caption)


def _row(name: str, seconds: list[float]) -> tuple[str, str, str]:
    return name, f"{median(seconds) * 1000:.1f}", f"{percentile(seconds, 99) * 1000:.1f}"


if __name__ == "__main__":
    arena.main(measure)
