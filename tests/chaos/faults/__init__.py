"""What can go wrong. A fault is a generator: it breaks something, yields how many seconds to wait or a condition to
wait for, breaks something else or mends it, and is over when it ends.

    @fault("Redis frozen for a while")
    def redis_frozen(world: World) -> Steps:
        world.redis.freeze()
        yield world.seconds(full=10, quick=6)
        world.redis.thaw()
"""

import pkgutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.chaos.world import World

Steps = Iterator[float | Callable[[], bool]]


@dataclass(frozen=True)
class Fault:
    """One entry of the table."""

    title: str
    steps: Callable[[World], Steps]
    #: What the sales themselves bring along.
    trouble: str = ""
    bulk: bool = False
    #: Whether it can also befall plain Celery, and whether it can happen beside others.
    befalls_rival: bool = True
    in_storms: bool = True

    @property
    def victim(self) -> str:
        """What it breaks; a storm breaks different things at a time."""
        return self.steps.__module__.rpartition(".")[2]

    @property
    def name(self) -> str:
        """What --only takes."""
        return self.steps.__name__.replace("_", "-")


FAULTS: dict[str, Fault] = {}


def fault(
    title: str, *, trouble: str = "", bulk: bool = False, befalls_rival: bool = True, in_storms: bool = True
) -> Callable[[Callable[[World], Steps]], Callable[[World], Steps]]:
    """Enter a generator function in the registry."""

    def declare(steps: Callable[[World], Steps]) -> Callable[[World], Steps]:
        one = Fault(title, steps, trouble, bulk, befalls_rival, in_storms)
        FAULTS[one.name] = one
        return steps

    return declare


def carried_out(order: Path) -> Callable[[], bool]:
    """Whether somebody has done what a failpoint's order says."""
    return lambda: not order.exists()


def passed(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed since now."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() >= deadline


def load() -> dict[str, Fault]:
    """All faults, in the order of their modules."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
    return FAULTS
