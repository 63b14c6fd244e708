"""The pace of requests, and how long they took."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def paced(things: Iterable[Thing], per_second: float | None) -> Iterator[Thing]:
    """Hand out things no faster than that; one that took too long does not make the next ones hurry."""
    due = time.monotonic()
    for thing in things:
        time.sleep(max(0.0, due - time.monotonic()))
        yield thing
        if per_second:
            due = max(due, time.monotonic() - 1 / per_second) + 1 / per_second


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that so many percent of them do not exceed (nearest rank). 0 of none."""
    if not values:
        return 0.0
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(int(rank), 1) - 1]
