"""The driver: moves every running replay on. Each move is one transaction, and of two drivers at a replay one works.

collect what was settled ─▶ a new error? stop ─▶ send what rate and step allow ─▶ nothing left? finish
"""

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection, transaction

from events import catalogue, subscriptions
from events.failpoints import reach
from events.models import Replay, ReplayItem
from events.relay import drain, wake
from events.replay.lost import send_lost_again
from events.transports import current_transport
from events.wake import poke

logger = logging.getLogger(__name__)

State, ItemState = Replay.State, ReplayItem.State
OPEN = (State.RUNNING, State.PAUSED, State.STOPPED)

#: How many items one move sends at most. A lane that is discarded takes a lock, of which a server has some thousands.
_SEND_COUNT, _DISCARD_COUNT = 5_000, 500
#: How many items may be out at once: what a pause cannot call back, and what every move looks through.
_OUT_COUNT = 10_000
#: After a longer break, no more than this is made good at once.
_LONGEST_STEP_SECONDS = 5.0

# Looked up one by one: the log of deliveries is long, and a plan that reads all of it would be possible.
_COLLECT = """
WITH settled AS MATERIALIZED (
    SELECT item.id, d.outcome, d.fingerprint, d.finished_at
    FROM events_replayitem item CROSS JOIN LATERAL (
        SELECT * FROM events_delivery d
        WHERE d.position = item.position AND d.subscriber = item.subscriber AND d.run = item.run LIMIT 1) d
    WHERE item.replay_id = %s AND item.state = 'sent'),
collected AS (
    UPDATE events_replayitem item
    SET state = settled.outcome, fingerprint = settled.fingerprint, finished_at = settled.finished_at
    FROM settled WHERE item.id = settled.id)
SELECT count(*), coalesce(array_agg(DISTINCT fingerprint) FILTER (WHERE outcome = 'dead'), '{}') FROM settled
"""
_COUNTS = """
SELECT (SELECT item_count FROM events_replay WHERE id = %(replay)s),
       (SELECT count(*) FROM events_replayitem WHERE replay_id = %(replay)s AND state = 'waiting'),
       (SELECT count(*) FROM events_replayitem WHERE replay_id = %(replay)s AND state = 'sent')
"""
# Of each lane the first item that is out; when that one is behind something, so are all others.
_PARKED = """
WITH heads AS MATERIALIZED (
    SELECT DISTINCT ON (subscriber, stream) subscriber, stream, position FROM events_replayitem
    WHERE replay_id = %(replay)s AND state = 'sent' AND %(lanes)s::jsonb ? subscriber
    ORDER BY subscriber, stream, stream_version),
parked AS MATERIALIZED (
    SELECT subscriber, stream FROM heads WHERE events_is_behind(
        position, subscriber, ARRAY(SELECT jsonb_array_elements_text(%(lanes)s::jsonb -> subscriber))))
SELECT count(*) FROM events_replayitem JOIN parked USING (subscriber, stream)
WHERE replay_id = %(replay)s AND state = 'sent'
"""
# In the order of the log, which is that of the items' numbers.
_SEND = """
WITH next AS MATERIALIZED (
    SELECT id FROM events_replayitem
    WHERE replay_id = %(replay)s AND state = 'waiting' AND subscriber <> ALL (%(paused)s::text[])
    ORDER BY id LIMIT %(limit)s),
sent AS (
    UPDATE events_replayitem item SET state = 'sent', sent_at = %(now)s FROM next WHERE item.id = next.id
    RETURNING item.id, item.position, item.subscriber, item.run),
put AS (
    INSERT INTO events_outbox (position, subscriber, run)
    SELECT position, subscriber, run FROM sent WHERE %(publish)s ORDER BY id)
SELECT count(*) FROM sent
"""
# Lanes in one order, so that two who discard never wait for each other.
_SETTLE_DISCARDED = """
SELECT events_settle(position, subscriber, run, 'discarded', 0, %(now)s, '', '', false,
           CASE WHEN %(lanes)s::jsonb ? subscriber
           THEN ARRAY(SELECT jsonb_array_elements_text(%(lanes)s::jsonb -> subscriber)) END)
FROM (SELECT * FROM events_replayitem i WHERE replay_id = %(replay)s AND state = 'sent'
        AND NOT EXISTS (SELECT FROM events_delivery d  -- a rebuild has applied it a moment ago
                        WHERE d.position = i.position AND d.subscriber = i.subscriber AND d.run = i.run)
      ORDER BY subscriber, stream, stream_version) item
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of a replay: all, those that wait, those that are out, and those of them that wait in their lanes."""

    all: int
    waiting: int
    out: int
    parked: int

    @property
    def begun(self) -> int:
        """Sent at some time."""
        return self.all - self.waiting

    @property
    def on_the_way(self) -> int:
        """Out, and not held up by something before them in their lanes."""
        return self.out - self.parked


@dataclass(frozen=True, slots=True)
class Move:
    """What one move did, and whether it ended only because it must not be too long."""

    collected: int = 0
    sent: int = 0
    discarded: int = 0
    is_cut_short: bool = False


def advance(now: datetime) -> bool:
    """Move every open replay on; whether one of them could be moved further at once."""
    replays = Replay.objects.filter(state__in=OPEN).order_by("pk").values_list("pk", flat=True)
    moves = [_move(pk, now) for pk in replays]
    if any(one.sent for one in moves) and not current_transport().in_process:
        poke()
    for pk in replays.filter(state=State.RUNNING):
        send_lost_again(pk, now)
    return any(one.is_cut_short for one in moves)


def go_on(pk: int, now: datetime) -> None:
    """Move a replay that was just made or resumed, without waiting for the duty; where subscribers run in this process,
    to its end."""
    while (move := _move(pk, now)).collected + move.sent and current_transport().in_process:
        drain()
    wake()


def _move(pk: int, now: datetime) -> Move:
    with transaction.atomic():
        replay = Replay.objects.select_for_update(skip_locked=True).filter(pk=pk, state__in=OPEN).first()
        if replay is None:
            return Move()
        collected, new_errors = collect(replay)
        counts = count_items(replay)
        if new_errors and counts.waiting and replay.state == State.RUNNING and not replay.automatic:
            _stop(replay, new_errors)
        move = _send(replay, counts, now) if replay.state == State.RUNNING else Move()
        if move.discarded == counts.waiting and not counts.out:
            replay.state, replay.finished_at = State.FINISHED, now
        replay.save()
    if move.sent:
        reach("replay.after_commit")
    return replace(move, collected=collected)


def collect(replay: Replay) -> tuple[int, list[str]]:
    """Give the items that were settled their results: how many, and the errors among them that are new."""
    with connection.cursor() as cursor:
        cursor.execute(_COLLECT, [replay.pk])
        count, fingerprints = cursor.fetchone()
    return count, [one for one in fingerprints if one not in replay.known_fingerprints]


def count_items(replay: Replay) -> Counts:
    """As they are now."""
    of_ordered = lanes()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"replay": replay.pk})
        total, waiting, out = cursor.fetchone()
        parked = 0
        if of_ordered and out:
            cursor.execute(_PARKED, {"replay": replay.pk, "lanes": json.dumps(of_ordered)})
            (parked,) = cursor.fetchone()
    return Counts(total, waiting, out, parked)


def _stop(replay: Replay, new_errors: list[str]) -> None:
    replay.state = State.STOPPED
    replay.state_reason = f"new error: {'; '.join(new_errors)}"
    logger.error("The replay %r was stopped by a new error: %s", replay.name, "; ".join(new_errors))


def _send(replay: Replay, counts: Counts, now: datetime) -> Move:
    if replay.action == Replay.Action.DISCARD:
        return _discard(replay, now)
    seconds, allowed = _allowed_by_rate(replay, now)
    limit = min(_allowed_by_steps(replay, counts), _OUT_COUNT - counts.on_the_way, allowed, _SEND_COUNT)
    sent = _run_send(replay, now, limit, publish=True) if limit > 0 and counts.waiting else 0
    if sent:
        spent_seconds = sent / replay.rate_per_second if replay.rate_per_second and sent == allowed else seconds
        replay.advanced_at = now - timedelta(seconds=max(seconds - spent_seconds, 0.0))
    return Move(sent=sent, is_cut_short=sent == _SEND_COUNT)


def _discard(replay: Replay, now: datetime) -> Move:
    """Each is licensed and settled at once; nobody has to run."""
    sent = _run_send(replay, now, _DISCARD_COUNT, publish=False)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_DISCARDED, {"replay": replay.pk, "now": now, "lanes": json.dumps(lanes())})
    collect(replay)
    return Move(sent=sent, discarded=sent, is_cut_short=sent == _DISCARD_COUNT)


def _run_send(replay: Replay, now: datetime, limit: int, publish: bool) -> int:
    paused = sorted(subscriptions.paused_names()) if publish else []
    values: dict[str, Any] = {"replay": replay.pk, "now": now, "limit": limit, "paused": paused, "publish": publish}
    reach("replay.before_send")
    with connection.cursor() as cursor:
        cursor.execute(_SEND, values)
        (sent,) = cursor.fetchone()
    reach("replay.after_send")
    return int(sent)


def _allowed_by_steps(replay: Replay, counts: Counts) -> int:
    """A step may be filled up at any time, and left when nothing of it is on its way any more."""
    for bound in accumulate(replay.steps):
        if counts.begun < bound or (counts.begun == bound and counts.on_the_way):
            return bound - counts.begun
    return counts.waiting


def _allowed_by_rate(replay: Replay, now: datetime) -> tuple[float, int]:
    """For how many seconds nothing was sent, and how many items that makes."""
    rate = replay.rate_per_second
    if rate is None:
        return 0.0, _SEND_COUNT
    if replay.advanced_at is None:
        return 1.0, max(1, int(rate))
    longest_seconds = max(_LONGEST_STEP_SECONDS, 1 / rate)
    seconds = min((now - replay.advanced_at).total_seconds(), longest_seconds)
    return seconds, int(seconds * rate + 1e-6)


def lanes() -> dict[str, list[str]]:
    """The ordered subscribers, and what the functions of the database know their lanes by."""
    return {one.name: one.lane for one in catalogue.subscribers() if one.lane}
