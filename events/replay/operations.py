"""What people do with replays: make one, discard letters, pause, resume, cancel."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from events.errors import NothingToReplay, ReplayOver, ReplayRefused
from events.models import Replay, ReplayItem
from events.replay.driver import collect, go_on, lanes
from events.replay.freezing import LeftOut, freeze, why
from events.replay.selection import Selection

State, Action = Replay.State, Replay.Action

# Deliveries that are being settled right now are waited for, so that what they come to is seen.
_LOCK_OPEN = (
    "SELECT FROM events_replayitem WHERE replay_id = %s AND state IN ('waiting', 'sent') ORDER BY id FOR UPDATE"
)
_CANCEL_OPEN = """
UPDATE events_replayitem SET state = 'cancelled', finished_at = %(now)s
WHERE replay_id = %(replay)s AND state IN ('waiting', 'sent')
"""
# What had to wait for the cancelled items in their lanes has to wait no longer.
_WAKE_LANES = """
SELECT events_wake_lane(position, subscriber, ARRAY(SELECT jsonb_array_elements_text(%(lanes)s::jsonb -> subscriber)))
FROM (SELECT DISTINCT ON (subscriber, stream) position, subscriber FROM events_replayitem
      WHERE replay_id = %(replay)s AND state = 'cancelled' AND %(lanes)s::jsonb ? subscriber
      ORDER BY subscriber, stream, stream_version) first
"""


def create_replay(
    selection: Selection,
    *,
    name: str,
    reason: str,
    owner: str,
    now: datetime,
    rate_per_second: float | None = None,
    steps: Sequence[int] = (),
    automatic: bool = False,
) -> Replay:
    """Freeze the set and begin to run it again, at most so many a second, and step by step: with `steps=(1, 10, 100)`
    each step begins when the one before has its results, and the rest comes last. A failure whose fingerprint the set
    did not have stops it.

    Raises ReplayRefused, and NothingToReplay when the set is empty.
    """
    if rate_per_second is not None and not 0 < rate_per_second < math.inf:
        raise ReplayRefused(why=f"{rate_per_second} is no rate; give a number above 0, or None")
    if any(step < 1 for step in steps):
        raise ReplayRefused(why=f"{list(steps)} are no steps; each is a number of deliveries, from 1 on")
    words = {"name": name, "reason": reason, "owner": owner}
    more = {"rate_per_second": rate_per_second, "steps": list(steps), "automatic": automatic}
    return _create(selection, Action.REPLAY, words, now, more)


def discard(selection: Selection, *, reason: str, owner: str, now: datetime, name: str = "discarded") -> Replay:
    """Settle dead letters as discarded, as a run of their own: nobody is asked about them again, and their lanes go on.
    The rows and the reason stay. Raises ReplayRefused, and NothingToReplay when the set is empty."""
    words = {"name": name, "reason": reason, "owner": owner}
    return _create(selection, Action.DISCARD, words, now, {})


def pause(replay: Replay, *, by: str, reason: str = "") -> None:
    """Send nothing more; what was sent goes on. Raises ReplayOver."""
    with transaction.atomic():
        replay = _locked(replay, {State.RUNNING, State.STOPPED}, "paused")
        _note(replay, State.PAUSED, by, reason)


def resume(replay: Replay, *, by: str, now: datetime) -> None:
    """Go on; after a stop, the errors that it has had are known. Raises ReplayOver."""
    with transaction.atomic():
        replay = _locked(replay, {State.PAUSED, State.STOPPED}, "resumed")
        dead = ReplayItem.objects.filter(replay=replay, state=ReplayItem.State.DEAD)
        replay.known_fingerprints = sorted({*replay.known_fingerprints, *dead.values_list("fingerprint", flat=True)})
        replay.advanced_at = None
        _note(replay, State.RUNNING, by, "")
        transaction.on_commit(lambda: go_on(replay.pk, now), robust=True)


def cancel(replay: Replay, *, by: str, now: datetime, reason: str = "") -> None:
    """End it: what waits or was sent and is not settled does not run any more. Raises ReplayOver."""
    with transaction.atomic():
        replay = _locked(replay, {State.RUNNING, State.PAUSED, State.STOPPED}, "cancelled")
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_OPEN, [replay.pk])
            collect(replay)
            values: dict[str, Any] = {"replay": replay.pk, "now": now, "lanes": json.dumps(lanes())}
            cursor.execute(_CANCEL_OPEN, values)
            cursor.execute(_WAKE_LANES, values)
        replay.finished_at = now
        _note(replay, State.CANCELLED, by, reason)


def _create(
    selection: Selection, action: Replay.Action, words: dict[str, str], now: datetime, more: dict[str, Any]
) -> Replay:
    for what, text in words.items():
        if not text.strip():
            raise ReplayRefused(why=f"it has no {what}, and those who look at it later need one")
    with transaction.atomic():
        criteria = selection.criteria()
        replay = Replay.objects.create(
            action=action, **words, criteria=criteria, state=State.RUNNING, created_at=now, **more
        )
        freeze(replay, selection)
        if not replay.item_count:
            left_out = Counter({LeftOut(one): count for one, count in replay.left_out.items()})
            raise NothingToReplay(action=action.value, why=why(left_out), left_out=left_out)
        replay.save()
        transaction.on_commit(lambda: go_on(replay.pk, now), robust=True)
    return replay


def _locked(replay: Replay, states: set[Replay.State], wish: str) -> Replay:
    replay = Replay.objects.select_for_update().get(pk=replay.pk)
    if replay.state not in states:
        raise ReplayOver(name=replay.name, state=replay.state, wish=wish)
    return replay


def _note(replay: Replay, state: Replay.State, by: str, reason: str) -> None:
    replay.state, replay.state_reason = state, ": ".join(filter(None, [by, reason]))
    replay.save()
