"""Replays and discards that are asked for in the admin, and what came of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import ngettext

from events.errors import NothingToReplay
from events.models import Delivery, Replay
from events.replay import LeftOut, Selection, create_replay, discard


@dataclass(frozen=True)
class Report:
    """The operation that was made, if any, and what is not in it."""

    replay: Replay | None
    left_out: Counter[LeftOut]

    def text(self) -> str:
        """One sentence: how many, and why others are not among them."""
        done = [_done(self.replay)] if self.replay else []
        return "; ".join(done + [f"{count} {reason.words}" for reason, count in self.left_out.items()]) + "."


def replay_letters(letters: Sequence[Delivery], owner: str, reason: str) -> Report:
    """Replay what can be, as one operation."""
    return _report(create_replay, letters, owner, reason)


def discard_letters(letters: Sequence[Delivery], owner: str, reason: str) -> Report:
    """Discard what is still open, as one operation."""
    return _report(discard, letters, owner, reason)


def left_out_of(replay: Replay) -> Counter[LeftOut]:
    """As the record has it."""
    return Counter({LeftOut(reason): count for reason, count in replay.left_out.items()})


def _report(operation: Callable[..., Replay], letters: Sequence[Delivery], owner: str, reason: str) -> Report:
    name = f"{len(letters)} × {', '.join(sorted({letter.subscriber for letter in letters}))}"
    selection = Selection(delivery_ids=tuple(letter.pk for letter in letters))
    try:
        replay = operation(selection, name=name, reason=reason, owner=owner, now=timezone.now())
    except NothingToReplay as nothing:
        return Report(None, nothing.data["left_out"])
    return Report(replay, left_out_of(replay))


def _done(replay: Replay) -> str:
    count = replay.item_count
    if replay.action == Replay.Action.DISCARD:
        words = ngettext("{count} delivery was discarded", "{count} deliveries were discarded", count)
    else:
        words = ngettext("{count} delivery will run again", "{count} deliveries will run again", count)
    return words.format(count=count)
