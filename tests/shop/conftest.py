"""For the tests of the shop: the simulated services, as on their first day."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests import simulated


@pytest.fixture
def outside() -> Iterator[ModuleType]:
    """Their books, knobs and webhooks: tests/simulated.py."""
    simulated.forget()
    yield simulated
    simulated.forget()
