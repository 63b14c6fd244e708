"""One fault under load, and what it did."""

import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tests.chaos import books, stall
from tests.chaos.books import Outcome
from tests.chaos.faults import Fault, passed
from tests.chaos.stall import Lap
from tests.chaos.world import World

QUICK_SALES, FULL_SALES = 90, 2_000
QUICK_RATE, FULL_RATE = 60.0, 100.0
QUICK_BULK, FULL_BULK, BATCH = 2_000, 100_000, 500
#: How many more are sold in a second for as long as a fault lasts.
QUICK_TRICKLE, FULL_TRICKLE = 10, 60
LONGEST_STEP_SECONDS = 120
#: Given up is who has done nothing for so long. Ours waits longer and longer before it sends the same delivery again.
PATIENCE_SECONDS = {"backroom": 130, "plain": 40}

Condition = Callable[[], bool]


def run(world: World, fault: Fault) -> Outcome:
    """A third of the load, the fault in the middle of another third, and one more third when it is over."""
    if fault.bulk:
        count, rate, batch = QUICK_BULK if world.quick else FULL_BULK, 1e6, BATCH
    else:
        count, rate, batch = (QUICK_SALES, QUICK_RATE, 1) if world.quick else (FULL_SALES, FULL_RATE, 1)
    lap = stall.open_lap(world, count * 2 // 3, rate, bulk=batch, trouble=fault.trouble)
    assert world.wait(lambda: stall.sold(world, lap) >= count // 3), "nobody sells"
    trickle = Trickle(world, 0 if fault.bulk else QUICK_TRICKLE if world.quick else FULL_TRICKLE)
    for number, step in enumerate(fault.steps(world), start=1):
        assert follow(world, step, trickle), f"step {number} of the fault did not take place"
    ended_at = world.sql("SELECT clock_timestamp()")[0][0]
    stall.extend(world, count - count * 2 // 3)
    wait_until_settled(world, lap)
    return books.audit(world, lap, fault.title, ended_at)


class Trickle:
    """Sells a little more, whenever it is called."""

    def __init__(self, world: World, rate: float) -> None:
        self._world, self._rate = world, rate
        self._began_at, self._count = time.monotonic(), 0

    def __call__(self) -> None:
        """As much as is due since the last time."""
        due = int((time.monotonic() - self._began_at) * self._rate) - self._count
        if due:
            with suppress(psycopg.OperationalError):
                stall.extend(self._world, due)
                self._count += due


def follow(world: World, step: float | Condition, trickle: Trickle) -> bool:
    """A fault goes on after some time, or when something has happened. False if it never does; of the rival it may be
    that nobody is left to whom it could happen."""
    condition = step if callable(step) else passed(step)

    def goes_on() -> bool:
        trickle()
        return condition()

    return world.wait(goes_on, LONGEST_STEP_SECONDS) or not world.is_backroom


def wait_until_settled(world: World, lap: Lap) -> None:
    """Wait for every effect, for as long as something happens; then for messages that are still on their way."""
    moves = True
    while moves and (left := _left(world, lap)):
        moves = world.wait(lambda now=left: _left(world, lap) != now, PATIENCE_SECONDS[world.kind])
    world.wait(lambda: world.broker.llen("default") == 0, 10)
    world.wait(lambda: world.broker.hlen("unacked") == 0, 3)


def _left(world: World, lap: Lap) -> int:
    return stall.wanted(world, lap) - stall.sold(world, lap) + books.missing(world, lap)
