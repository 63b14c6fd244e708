"""A worker that lives, answers and takes nothing is noticed and started again; one with a good reason is left alone."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from redis import Redis

from config.celery import app
from events.models import Delivery
from events.transports.watch import worker_statuses
from events.worker_status import judge
from tests.chaos.proxy import Proxy, proxied
from tests.flows import houses
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import relay, wait_until
from tests.flows.supervision import parent_of, probe, status_in, supervised


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the workers write how they are."""
    return tmp_path / "status"


def proxy(broker: Redis) -> AbstractContextManager[Proxy]:
    """A network between the broker and whoever goes `through` it."""
    return proxied(broker.connection_pool.connection_kwargs["port"])


def through(network: Proxy, broker: Redis) -> str:
    """The broker's URL, by way of the proxy."""
    port = broker.connection_pool.connection_kwargs["port"]
    return os.environ["REDIS_URL"].replace(f":{port}/", f":{network.port}/")


def test_a_worker_that_stops_consuming_is_started_again_and_everything_settles(
    ledger: None, broker: Redis, tmp_path: Path, directory: Path
) -> None:
    deaf, log = tmp_path / "deaf", tmp_path / "worker.log"
    special = {"DJANGO_SETTINGS_MODULE": "tests.flows.deaf", "DEAF_FILE": str(deaf)}
    with relay(tmp_path / "relay.log"), supervised(log, directory, **special) as process:
        send(5)
        wait_for_deliveries(5 * SUBSCRIBERS, log)
        first = parent_of(process).pid
        deaf.touch()
        wait_until(lambda: not deaf.exists())
        assert app.control.ping(timeout=5)
        send(20, first=6)
        process.wait_for("s although work waits; starting it again")
        wait_for_deliveries(25 * SUBSCRIBERS, log)
        assert parent_of(process).pid != first
        wait_until(lambda: probe(directory)[0] == 0)
    assert ledger_of("parcels.count") == [(number, 0, 1) for number in range(1, 26)]
    assert log.read_text().count("worker has taken nothing for") == 1
    assert probe(directory)[0] == 1


def test_a_frozen_worker_is_killed_and_started_again(
    ledger: None, broker: Redis, tmp_path: Path, directory: Path
) -> None:
    log, hasty = tmp_path / "worker.log", "tests.flows.hasty"  # what Redis handed to the frozen worker is lost
    with relay(tmp_path / "relay.log", DJANGO_SETTINGS_MODULE=hasty), supervised(log, directory) as process:
        parent_of(process).send_signal(signal.SIGSTOP)
        send(5)
        process.wait_for("worker has given no sign of life for")
        process.wait_for("worker did not stop in 12 s and is killed")
        wait_for_deliveries(5 * SUBSCRIBERS, log)


def test_a_worker_that_a_silent_network_made_deaf_is_started_again_and_everything_settles(
    ledger: None, broker: Redis, tmp_path: Path, directory: Path
) -> None:
    log, count = tmp_path / "worker.log", 150
    fragile = {"DJANGO_SETTINGS_MODULE": "tests.flows.fragile"}
    with (
        proxy(broker) as network,
        relay(tmp_path / "relay.log", DJANGO_SETTINGS_MODULE="tests.flows.hasty"),
        supervised(log, directory, REDIS_URL=through(network, broker), **fragile) as process,
    ):
        for first in range(1, count + 1, 10):
            send(10, first=first)
        wait_for_deliveries(50, log)
        network.black_hole()
        network.forward()  # what was connected stays silent for ever
        assert Delivery.objects.count() < count * SUBSCRIBERS
        process.wait_for("s although work waits; starting it again")
        wait_for_deliveries(count * SUBSCRIBERS, log)
    assert [row[0] for row in ledger_of("parcels.count")] == list(range(1, count + 1))


def test_everything_settles_after_the_network_reset_all_connections_for_seconds(
    ledger: None, broker: Redis, tmp_path: Path, directory: Path
) -> None:
    log, count = tmp_path / "worker.log", 150
    with (
        proxy(broker) as network,
        relay(tmp_path / "relay.log", DJANGO_SETTINGS_MODULE="tests.flows.hasty"),
        supervised(log, directory, REDIS_URL=through(network, broker)) as process,
    ):
        for first in range(1, count + 1, 10):
            send(10, first=first)
        wait_for_deliveries(50, log)
        network.reset()
        process.wait_for("Trying again in 4.00 seconds")
        network.forward()
        wait_for_deliveries(count * SUBSCRIBERS, log)
    assert [row[0] for row in ledger_of("parcels.count")] == list(range(1, count + 1))


def nothing_to_do(broker: Redis, network: Proxy, enough: Path) -> None:
    """Its queues are empty."""


def told_to_leave_the_queue_alone(broker: Redis, network: Proxy, enough: Path) -> None:
    """Somebody has cancelled the consumer of the queue in which work waits."""
    app.control.cancel_consumer("calls", reply=True, timeout=5)
    send(5)
    wait_until(lambda: broker.llen("calls") == 5 and not broker.llen("default"))


def both_hands_full(broker: Redis, network: Proxy, enough: Path) -> None:
    """It holds as many messages as it may, behind two tasks that take their time."""
    houses.begin(2, enough)
    send(10)
    wait_until(lambda: broker.hlen("unacked") == 8 and broker.llen("default") > 0)


def away_from_the_broker(broker: Redis, network: Proxy, enough: Path) -> None:
    """Nobody reaches the broker, in which work waits."""
    network.reset()
    send(5)
    wait_until(lambda: broker.llen("default") > 0)


@pytest.mark.parametrize(
    "reason", [nothing_to_do, told_to_leave_the_queue_alone, both_hands_full, away_from_the_broker]
)
def test_a_worker_with_a_good_reason_to_take_nothing_is_left_alone(
    ledger: None, broker: Redis, tmp_path: Path, directory: Path, reason: Callable[[Redis, Proxy, Path], None]
) -> None:
    log, enough = tmp_path / "worker.log", tmp_path / "enough"
    with (
        proxy(broker) as network,
        relay(tmp_path / "relay.log"),
        supervised(log, directory, REDIS_URL=through(network, broker)) as process,
    ):
        reason(broker, network, enough)
        parent, began, seen = parent_of(process), time.monotonic(), set()
        # Three times as long as it would take to notice.
        while (status := status_in(directory)).at < began + 3 * status.starving_limit_seconds:
            seen.add(str(judge(status, time.monotonic())))
            time.sleep(0.1)
        assert seen == {"works"}
        assert parent_of(process) == parent
        enough.touch()
        network.forward()


def test_every_worker_says_what_it_consumes(ledger: None, broker: Redis, tmp_path: Path, directory: Path) -> None:
    with relay(tmp_path / "relay.log"), supervised(tmp_path / "worker.log", directory) as process:
        send(5)
        wait_for_deliveries(5 * SUBSCRIBERS, tmp_path / "worker.log")
        ((status, verdict),) = worker_statuses().values()
        assert status.pid == parent_of(process).pid
        assert set(status.queues) >= {"default", "calls"}
        assert status.received >= 5 * SUBSCRIBERS
        assert verdict.healthy
