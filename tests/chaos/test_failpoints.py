"""Every boundary of the flow, once with the process killed there, and once with an error: before it, that it did not
happen; after it, that it happened and the caller is told it failed."""

from collections.abc import Iterator

import pytest

from events.failpoints import POINTS, Order
from tests.chaos.faults import Fault, Steps, carried_out
from tests.chaos.test_faults import Worlds
from tests.chaos.world import World

#: A rebuild is no part of the flow: tests/events/test_projections_kills.py breaks it off at all of its points.
STATIONS = sorted({point.partition(".")[0] for point in POINTS} - {"rebuild"})
_OPEN_REPLAYS = "SELECT count(*) FROM events_replay WHERE state <> 'finished'"


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    found = Worlds()
    yield found
    found.close()


@pytest.mark.parametrize("order", ["kill", "raise"])
@pytest.mark.parametrize("station", STATIONS)
def test_every_promise_is_kept_when_the_flow_breaks_off_at(station: str, order: Order, worlds: Worlds) -> None:
    points = [point for point in POINTS if point.startswith(f"{station}.")]
    worlds.endure(Fault(f"{order} at {', '.join(points)}", lambda world: _break_off(world, points, order)))


def _break_off(world: World, points: list[str], order: Order) -> Steps:
    provoke = {"rescue": _lose, "replay": _replay}.get(points[0].partition(".")[0], _nothing)
    for point in points:
        done = carried_out(world.order(point, order))
        yield lambda done=done: provoke(world, done())
    yield lambda: world.sql(_OPEN_REPLAYS)[0][0] == 0


def _nothing(world: World, done: bool) -> bool:
    """The load itself comes by."""
    return done


def _lose(world: World, done: bool) -> bool:
    """There has to be something to rescue."""
    world.broker.delete("default")
    return done


def _replay(world: World, done: bool) -> bool:
    """There has to be a replay that goes on."""
    if not done and world.sql(_OPEN_REPLAYS)[0][0] == 0:
        world.run("-m", "tests.chaos.replaying", check=False)  # it may be struck itself
    return done
