"""Declarations of the tests stay in the tests."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from events import catalogue, delivery, relay, rescue, subscriptions
from tests.events.postman import Postman
from tests.events.replays import Post, open_post


@pytest.fixture(autouse=True)
def empty_catalogue() -> Iterator[None]:
    """Each test declares its own events and subscribers; those of the shop are out of sight."""
    with catalogue.scratch(empty=True):
        yield


@pytest.fixture
def postman(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Postman:
    """The transport is in the test's hands, and what this process knew of pauses is forgotten."""
    postman = Postman()
    settings.EVENTS = {"transport": "celery", "relay_wake_url": ""}
    for module in (relay, rescue):
        monkeypatch.setattr(module, "current_transport", lambda: postman)
    monkeypatch.setattr(subscriptions._Pauses, "read_at", None)
    monkeypatch.setattr(delivery, "ROW_IS_PROOF_FOR", timedelta(0))  # tests prune what is young
    monkeypatch.setattr(subscriptions, "PAUSE_NOTICED_WITHIN_SECONDS", 0.0)
    return postman


@pytest.fixture
def post() -> Post:
    """Letters, none of them dead."""
    return open_post()


@pytest.fixture
def ordered() -> Post:
    """Letters that are carried box by box, in order."""
    return open_post(ordered=True)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on subscribers run as in another process: what is sent stays out until the test drains it."""
    return lambda: monkeypatch.setattr("events.transports.inline.Transport.in_process", False)
