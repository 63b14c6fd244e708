"""Clocks that are wrong. Only Python's own clocks are moved, see ../clock/sitecustomize.py."""

from pathlib import Path

from tests.chaos.faults import Steps, fault
from tests.chaos.world import ROOT, World

TWO_HOURS = 7200
SHIM = Path(__file__).parents[1] / "clock"


@fault("A worker whose clock is two hours ahead")
def worker_ahead(world: World) -> Steps:
    clock = _clock(world, "ahead", TWO_HOURS)
    world.hire_worker("ahead", **_shimmed(clock))
    yield lambda: world.crew["ahead"].says("ready.")
    yield world.seconds(full=10, quick=2)
    world.dismiss("ahead")


@fault("Clocks jump two hours ahead and back", in_storms=False)
def clocks_jump(world: World) -> Steps:
    """Relay and worker get clocks that can be moved, and keep them."""
    clock = _clock(world, "jumping", 0)
    if world.is_backroom:
        world.hire_relay(**_shimmed(clock))
    world.hire_worker(**_shimmed(clock))
    yield lambda: world.worker.says("ready.")
    for ahead in (TWO_HOURS, 0, -TWO_HOURS, 0):
        _clock(world, "jumping", ahead)
        yield world.seconds(full=5, quick=1)


def _clock(world: World, name: str, seconds_ahead: int) -> Path:
    clock = world.directory / f"clock-{name}"
    clock.write_text(str(seconds_ahead))
    return clock


def _shimmed(clock: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{SHIM}:{ROOT}", "CHAOS_CLOCK": str(clock)}
