"""How far a replay is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from django.db.models import Count, Min

from events.models import Replay, ReplayItem
from events.replay.driver import Counts, count_items

State = ReplayItem.State
_SETTLED = (State.DONE, State.DEAD, State.DISCARDED)


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """Its items, counted."""

    all: int
    #: By state; states that no item is in are not there.
    by_state: Counter[str]
    #: Those that died again, by error.
    dead_by_fingerprint: Counter[str]
    #: Of those that were sent, the ones that something before them in their lanes holds up, such as a dead letter.
    parked: int
    #: The step it is in, from 1 on, and how many there are; the rest is the last one.
    step: int
    step_count: int
    #: At the pace it has had so far, or at its rate; None when nothing can be said.
    eta_seconds: float | None

    @property
    def settled(self) -> int:
        """Items with a result."""
        return sum(self.by_state[state] for state in _SETTLED)


def progress(replay: Replay, now: datetime) -> ReplayProgress:
    """Count the items of a replay."""
    items = ReplayItem.objects.filter(replay=replay)
    by_state = Counter(dict(items.order_by().values_list("state").annotate(Count("pk"))))
    dead = items.filter(state=State.DEAD).order_by().values_list("fingerprint").annotate(Count("pk"))
    counts = count_items(replay)
    bounds = [*accumulate(replay.steps)]
    return ReplayProgress(
        all=replay.item_count,
        by_state=by_state,
        dead_by_fingerprint=Counter(dict(dead)),
        parked=counts.parked,
        step=1 + sum(bound < counts.begun for bound in bounds if bound < replay.item_count),
        step_count=1 + sum(bound < replay.item_count for bound in bounds),
        eta_seconds=_eta_seconds(replay, counts, now),
    )


def _eta_seconds(replay: Replay, counts: Counts, now: datetime) -> float | None:
    left = counts.waiting + counts.on_the_way
    if replay.state != Replay.State.RUNNING or not left:
        return None
    if replay.rate_per_second:
        return counts.waiting / replay.rate_per_second
    began_at = ReplayItem.objects.filter(replay=replay).aggregate(at=Min("sent_at"))["at"]
    settled = counts.begun - counts.out
    if not settled or began_at is None:
        return None
    return float((now - began_at).total_seconds() / settled * left)
