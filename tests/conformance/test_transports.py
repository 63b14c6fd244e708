"""What every transport promises. A new one is added to TRANSPORTS and must pass as it is."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult
from pytest_django import Settings
from redis import Redis

from events import catalogue, outbox
from events.models import Attempt, Delivery, Event, OutboxEntry, Outcome
from events.relay import wake
from events.replay import Selection, create_replay
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.parcels import ParcelSent
from tests.flows.processes import relay, wait_until, worker

TRANSPORTS = ["celery", "inline"]


@pytest.fixture
def only_parcels() -> Iterator[None]:
    """Inline, subscribers run in this process too: those of the shop are out of sight."""
    subscribers = [one for one in catalogue.subscribers() if one.name.startswith("parcels.")]
    with catalogue.scratch(empty=True):
        catalogue.add_event_type(ParcelSent)
        for subscriber in subscribers:
            catalogue.add_subscriber(subscriber)
        yield


@pytest.fixture(params=TRANSPORTS)
def transport(
    request: pytest.FixtureRequest, only_parcels: None, ledger: None, broker: Redis, settings: Settings
) -> str:
    """The transport under test, for this process as for the relay and the worker."""
    settings.EVENTS = settings.EVENTS | {"transport": request.param}
    return str(request.param)


@pytest.fixture
def log(transport: str, tmp_path: Path) -> Iterator[Path]:
    """Everything that the transport needs is running; its output."""
    with ExitStack() as stack:
        stack.enter_context(relay(tmp_path / "relay.log", EVENTS_TRANSPORT=transport))
        if transport != "inline":
            stack.enter_context(worker(tmp_path / "worker.log", EVENTS_TRANSPORT=transport))
            yield tmp_path / "worker.log"
        else:
            yield tmp_path / "relay.log"


def test_every_subscriber_gets_every_event_once(log: Path) -> None:
    send(100)
    wait_for_deliveries(100 * SUBSCRIBERS, log)
    assert set(Delivery.objects.values_list("outcome", "attempts")) == {(Outcome.DONE, 1)}
    for subscriber in ("parcels.count", "parcels.call", "parcels.slow", "parcels.trouble"):
        assert ledger_of(subscriber) == [(number, 0, 1) for number in range(1, 101)]
    wait_until(lambda: not OutboxEntry.objects.exists())
    assert not TaskResult.objects.exists()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("trouble", "attempts", "error"),
    [
        ("fail", 3, "ValueError"),
        ("reject", 1, "Reject"),
        ("eat memory", 3, "SubscriberAborted"),
        ("exit", 3, "SubscriberAborted"),
    ],
)
def test_what_keeps_failing_ends_as_a_dead_letter_and_stops_nobody(
    log: Path, trouble: str, attempts: int, error: str
) -> None:
    send(1, trouble)
    send(5, first=2)
    wait_for_deliveries(6 * SUBSCRIBERS, log)
    dead = Delivery.objects.exclude(outcome=Outcome.DONE).get()
    assert (dead.subscriber, dead.outcome, dead.attempts) == ("parcels.trouble", Outcome.DEAD, attempts)
    tries = Attempt.objects.order_by("number")
    assert [one.number for one in tries] == list(range(1, attempts + 1))
    assert [one.next_try_at is None for one in tries] == [False] * (attempts - 1) + [True]
    assert {one.error_class.rpartition(".")[2] for one in tries} == {error}
    letter = TaskResult.objects.get()
    assert letter.task_id == f"{dead.event.id}:parcels.trouble:0"
    assert (letter.status, letter.task_name) == ("FAILURE", "parcels.trouble")
    assert ledger_of("parcels.trouble") == [(number, 0, 1) for number in range(2, 7)]


def test_a_retry_that_works_leaves_one_effect_and_its_failed_attempt(log: Path) -> None:
    send(1, "fail once")
    wait_for_deliveries(SUBSCRIBERS, log)
    assert ledger_of("parcels.trouble") == [(1, 0, 2)]
    assert Attempt.objects.get().message == "torn, but only once"
    assert Delivery.objects.get(subscriber="parcels.trouble").attempts == 2
    assert not TaskResult.objects.exists()


def test_a_dead_delivery_runs_again_from_the_log_once(log: Path) -> None:
    send(1, "fail in run 0")
    wait_for_deliveries(SUBSCRIBERS, log)
    create_replay(Selection(), name="once more", reason="mended", owner="test", now=timezone.now())
    wait_for_deliveries(SUBSCRIBERS + 1, log)
    assert ledger_of("parcels.trouble") == [(1, 1, 1)]
    assert Delivery.objects.get(subscriber="parcels.trouble", run=1).outcome == Outcome.DONE
    assert Delivery.objects.get(subscriber="parcels.trouble", run=0).outcome == Outcome.DEAD


def test_duplicates_are_absorbed(log: Path) -> None:
    send(1)
    wait_for_deliveries(SUBSCRIBERS, log)
    position = Event.objects.get().position
    for _ in range(20):
        outbox.put(position, "parcels.count", 0, timezone.now())
    wake()
    done = Selection(subscriber="parcels.count", outcomes=frozenset({"done"}))  # and what comes after them still runs
    create_replay(done, name="once more", reason="to see", owner="test", now=timezone.now())
    wait_for_deliveries(SUBSCRIBERS + 1, log)
    wait_until(lambda: not OutboxEntry.objects.exists())
    assert ledger_of("parcels.count") == [(1, 0, 1), (1, 1, 1)]
