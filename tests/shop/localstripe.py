"""A Stripe on this machine for the tests: localstripe, bound to the loopback interface, keeping nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from config.child import wait_until
from tests.servers import free_port

KEY = "sk_test_only_for_tests"
PROGRAM = """
import sys
from aiohttp import web
from localstripe import resources
resources.Store.dump_to_disk = lambda self: None
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@contextmanager
def running() -> Iterator[str]:
    """Its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: _answers(url), 60)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def payment_method(url: str, number: str) -> str:
    """What Stripe's form in the browser would make of a card."""
    card = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
    form = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
    response = httpx.post(f"{url}/v1/payment_methods", data=form, auth=(KEY, ""), trust_env=False)
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def intents(url: str) -> list[dict[str, object]]:
    """Every PaymentIntent, the newest first."""
    response = httpx.get(f"{url}/v1/payment_intents?limit=100", auth=(KEY, ""), trust_env=False)
    return list(response.json()["data"])


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/customers", auth=(KEY, ""), trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
