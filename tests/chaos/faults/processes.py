"""Processes that are killed, told to stop, or doubled."""

import signal
from collections.abc import Callable

from tests.chaos import books
from tests.chaos.faults import Steps, carried_out, fault
from tests.chaos.world import World


@fault("Nothing at all", in_storms=False)
def nothing(world: World) -> Steps:
    """So that one knows what the table says of a good day."""
    yield 0.5


@fault("Worker's child killed before its commit")
def child_killed_before_commit(world: World) -> Steps:
    for _ in range(int(world.seconds(full=10, quick=2))):
        yield carried_out(world.order("deliver.after_run", "kill"))


@fault("Worker's child killed after its commit")
def child_killed_after_commit(world: World) -> Steps:
    for _ in range(int(world.seconds(full=10, quick=2))):
        yield carried_out(world.order("deliver.after_commit", "kill"))


@fault("Worker killed before a commit")
def worker_killed_before_commit(world: World) -> Steps:
    yield from _kill_worker_at(world, "deliver.after_run")


@fault("Worker killed after a commit")
def worker_killed_after_commit(world: World) -> Steps:
    yield from _kill_worker_at(world, "deliver.after_commit")


@fault("Worker's parent killed, its children go on")
def parent_killed(world: World) -> Steps:
    world.worker.send(signal.SIGKILL)
    yield _is_back(world)


@fault("Worker told to stop (SIGTERM)")
def worker_stopped(world: World) -> Steps:
    world.worker.send(signal.SIGTERM)
    yield _is_back(world)


@fault("Relay killed between publishing and commit", befalls_rival=False)
def relay_killed(world: World) -> Steps:
    for _ in range(int(world.seconds(full=5, quick=2))):
        yield carried_out(world.order("relay.after_publish", "kill"))


@fault("Two relays", befalls_rival=False)
def two_relays(world: World) -> Steps:
    world.hire_relay("second-relay")
    yield world.seconds(full=10, quick=3)
    world.dismiss("second-relay")


@fault("Web process killed right after its commit")
def web_killed(world: World) -> Steps:
    for _ in range(int(world.seconds(full=10, quick=2))):
        yield carried_out(world.order("emit.after_commit", "kill"))


@fault("Beat started twice")
def two_beats(world: World) -> Steps:
    """Both have the till closed twice a second, for a while."""
    for name in ("beat", "second-beat"):
        world.hire_beat(name)
    yield lambda: books.booked(world) > 0
    yield world.seconds(full=20, quick=2)
    for name in ("beat", "second-beat"):
        world.dismiss(name)


def _kill_worker_at(world: World, point: str) -> Steps:
    """A child stands still at the point; then the machine goes dark."""
    order = world.order(point, "stop")
    yield carried_out(order)
    world.worker.kill()
    yield _is_back(world)


def _is_back(world: World) -> Callable[[], bool]:
    lives = world.worker.lives
    return lambda: world.worker.lives > lives
