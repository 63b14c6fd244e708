"""The simulated services, connected to the shop for one test, and without latency and failures."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests import simulated

NAMES = ("warehouse", "carrier", "crm", "affiliate", "chat")


@pytest.fixture
def outside(settings: Settings) -> Iterator[None]:
    """All five; a circuit never opens, for it would stay open for the next test."""
    simulated.forget()
    settings.OUTSIDE_FAILURES_TO_REST = 10_000
    for name in NAMES:
        setattr(settings, f"{name.upper()}_URL", f"{settings.SIMULATED_URL}/{name}")
    yield
    simulated.forget()
