"""A worker is told to stop in the middle of its work: what it cannot finish goes back; nothing is lost or doubled."""

import json
import os
from pathlib import Path

from redis import Redis

from events.models import Attempt, Delivery
from events.worker_status import statuses_in
from tests.chaos.proxy import proxied
from tests.flows import houses
from tests.flows.ledger import SUBSCRIBERS, ledger_of, send, wait_for_deliveries
from tests.flows.processes import Process, relay, wait_until, worker

QUEUES = ("default", "calls", "houses")
DRAIN_SECONDS = 1
#: For the end of the process itself; its tasks would take for ever.
END_SECONDS = 20


def stop(process: Process) -> int:
    """Its exit code; TimeoutExpired if it outlives its bound."""
    process.popen.terminate()
    return process.popen.wait(DRAIN_SECONDS + END_SECONDS)


def marked_as_redelivered(broker: Redis) -> list[str]:
    messages = [json.loads(text) for queue in QUEUES for text in broker.lrange(queue, 0, -1)]
    assert messages
    return [one["headers"]["id"] for one in messages if one["properties"]["delivery_info"].get("redelivered")]


def test_a_worker_that_stops_gives_back_at_once_what_it_cannot_finish_and_no_attempt_is_spent(
    ledger: None, broker: Redis, tmp_path: Path
) -> None:
    status, enough = tmp_path / "status", tmp_path / "enough"
    options = {"WORKER_DRAIN_SECONDS": str(DRAIN_SECONDS), "WORKER_STATUS_DIRECTORY": str(status)}
    with relay(tmp_path / "relay.log"):
        with worker(tmp_path / "worker.log", **options) as process:
            houses.begin(2, enough)
            wait_until(lambda: [one.active for one in statuses_in(status)] == [2])
            send(10)
            wait_until(lambda: broker.hlen("unacked") == 8 and sum(broker.llen(queue) for queue in QUEUES) == 34)
            assert stop(process) == 0
        assert broker.hlen("unacked") == broker.zcard("unacked_index") == 0
        assert sum(broker.llen(queue) for queue in QUEUES) == 2 + 10 * SUBSCRIBERS
        assert marked_as_redelivered(broker) == []
        assert not list(statuses_in(status))
        enough.touch()
        with worker(tmp_path / "worker.log"):
            wait_for_deliveries(2 + 10 * SUBSCRIBERS, tmp_path / "worker.log")
    assert ledger_of("houses.build") == [(1, 0, 1), (2, 0, 1)]
    assert ledger_of("parcels.count") == [(number, 0, 1) for number in range(1, 11)]
    assert not Attempt.objects.exists()


def test_a_worker_that_stops_behind_a_silent_network_gives_back_what_it_holds(
    ledger: None, broker: Redis, tmp_path: Path
) -> None:
    port = broker.connection_pool.connection_kwargs["port"]
    with proxied(port) as network, relay(tmp_path / "relay.log"):
        url = os.environ["REDIS_URL"].replace(f":{port}/", f":{network.port}/")
        with worker(tmp_path / "worker.log", REDIS_URL=url, WORKER_DRAIN_SECONDS=str(DRAIN_SECONDS)) as process:
            houses.begin(2, tmp_path / "never")
            send(10)
            wait_until(lambda: broker.hlen("unacked") == 8 and sum(broker.llen(queue) for queue in QUEUES) == 34)
            network.black_hole()
            network.forward()  # what was connected stays silent for ever
            assert stop(process) == 0
    assert broker.hlen("unacked") == 0
    assert marked_as_redelivered(broker) == []


def test_deploys_under_load_settle_every_delivery_once(ledger: None, broker: Redis, tmp_path: Path) -> None:
    count, log = 400, tmp_path / "worker.log"
    with relay(tmp_path / "relay.log"):
        for first in range(1, count + 1, 20):
            send(20, first=first)
        for settled in (100, 500, 1000):
            with worker(log, WORKER_DRAIN_SECONDS=str(DRAIN_SECONDS)) as process:
                wait_for_deliveries(settled, log)
                assert stop(process) == 0
            assert broker.hlen("unacked") == 0
        assert Delivery.objects.count() < count * SUBSCRIBERS
        with worker(log):
            wait_for_deliveries(count * SUBSCRIBERS, log)
    for subscriber in ("parcels.count", "parcels.call", "parcels.slow"):
        assert ledger_of(subscriber) == [(number, 0, 1) for number in range(1, count + 1)]
    assert not Attempt.objects.exists()
