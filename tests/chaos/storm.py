"""Several faults at once: which, and when, a seed decides."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import psycopg

from tests.chaos.faults import Fault, Steps, passed
from tests.chaos.world import World

LONGEST_WAIT_SECONDS = 120
FAULT_COUNT = {True: 3, False: 6}
BEGIN_SECONDS = {True: 3.0, False: 20.0}


def storm(seed: int, faults: Sequence[Fault], *, quick: bool) -> Fault:
    """A fault that is made of others. Two that break the same thing come one after the other."""
    draw = random.Random(seed)
    fit = [one for one in faults if one.in_storms]
    sample = draw.sample(fit, min(FAULT_COUNT[quick], len(fit)))
    begins = sorted(draw.uniform(0, BEGIN_SECONDS[quick]) for _ in sample)
    chosen = list(zip(begins, sample, strict=True))
    names = ", ".join(fault.name for _, fault in chosen)

    def steps(world: World) -> Steps:
        return _weather(world, [one for one in chosen if one[1].befalls_rival or world.is_backroom])

    return Fault(f"Storm {seed}: {names}", steps)


def _weather(world: World, chosen: Sequence[tuple[float, Fault]]) -> Steps:
    victims: dict[str, list[Iterator[bool]]] = {}
    for begin, fault in chosen:
        victims.setdefault(fault.victim, []).append(_progress(world, begin, fault))
    while victims:
        for victim, waiting in list(victims.items()):
            if next(waiting[0], None) is None:
                waiting.pop(0)
            if not waiting:
                del victims[victim]
        yield 0.05


def _progress(world: World, begin_seconds: float, fault: Fault) -> Iterator[bool]:
    """Answers for as long as the fault lasts; the first one begins after some time, the next ones of a victim too."""
    yield from _until(passed(begin_seconds))
    for step in fault.steps(world):
        if callable(step):
            yield from _until(step, LONGEST_WAIT_SECONDS, fault)
        else:
            yield from _until(passed(step))


def _holds(condition: Callable[[], bool]) -> bool:
    with suppress(psycopg.OperationalError):  # another fault has just taken the database
        return condition()
    return False


def _until(condition: Callable[[], bool], seconds: float = float("inf"), fault: Fault | None = None) -> Iterator[bool]:
    deadline = time.monotonic() + seconds
    while not _holds(condition):
        assert time.monotonic() < deadline, f"{fault and fault.name} did not take place"
        yield True
