"""Declarations of the tests stay in the tests."""

from collections.abc import Iterator

import pytest

from events import catalogue


@pytest.fixture(autouse=True)
def empty_catalogue() -> Iterator[None]:
    """Each test declares its own events and subscribers; those of the shop are out of sight."""
    with catalogue.scratch(empty=True):
        yield
