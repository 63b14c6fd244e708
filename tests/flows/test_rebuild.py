"""A rebuild in the back room: the relay sees to it, workers do it, and one that is killed is replaced by the next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from redis import Redis

from events import catalogue
from events.models import Delivery, Rebuild
from events.projections.rebuilding import start_rebuild
from tests.events.meters import Meter, Meters, meters, schemas
from tests.events.rebuilds import NAME
from tests.flows.processes import relay, wait_until, worker

__all__ = ["meters"]

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.flows.metered.settings"}


@pytest.fixture(autouse=True)
def empty_catalogue() -> Iterator[None]:
    """Nothing is declared but the meters, as in the processes."""
    with catalogue.scratch(empty=True):
        yield


def test_a_rebuild_whose_workers_are_killed_is_ended_by_others_while_events_come_and_are_delivered(
    meters: Meters, broker: Redis, tmp_path: Path
) -> None:
    environment, log = SETTINGS | {"ORDERS": str(tmp_path)}, tmp_path / "worker.log"
    deaths = [tmp_path / point for point in ("rebuild.before_swap", "rebuild.before_swap_commit")]
    with relay(tmp_path / "relay.log", **environment), worker(log, **environment):
        for meter in range(5):
            meters.emit(5, 7, 11, meter=meter)
        wait_until(lambda: Delivery.objects.count() == 15, log.read_text)
        Meter.objects.update(litres=999)
        for death in deaths:
            death.write_text("kill")
        rebuild = start_rebuild(NAME, reason="test", owner="test", now=timezone.now())
        for number, death in enumerate(deaths):
            wait_until(lambda: not death.exists(), log.read_text)  # noqa: B023
            assert {litres for litres, _ in meters.live().values()} <= {999, *range(1000, 1100)}
            assert schemas() == [rebuild.schema]
            meters.emit(3, meter=number)
            Rebuild.objects.update(sent_at=None)  # as when some minutes have passed
        wait_until(lambda: Rebuild.objects.get().state != Rebuild.State.RUNNING, log.read_text)
        meters.emit(13)
        wait_until(lambda: meters.live() == meters.straight(), log.read_text)
    assert Rebuild.objects.get().state == Rebuild.State.FINISHED
    assert schemas() == []
    assert not Delivery.objects.exclude(outcome="done").exists()
