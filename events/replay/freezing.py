"""Freezing a set: a selection becomes items once and for all, in one statement; or, as a preview, is only counted."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from events import catalogue
from events.models import Replay
from events.replay.selection import Selection

_EXAMPLES = 3


class LeftOut(StrEnum):
    """Why a delivery that was meant is not in the set."""

    NOT_FOUND = "not_found"
    EVENT_GONE = "event_gone"
    REPLAYED = "replayed"
    OTHER_OUTCOME = "other_outcome"
    UNDER_WAY = "under_way"
    READ_MODEL = "read_model"
    UNKNOWN_SUBSCRIBER = "unknown_subscriber"

    @property
    def words(self) -> str:
        """What to say of such deliveries after their number."""
        return str(_WORDS[self])


_WORDS = {
    LeftOut.NOT_FOUND: _("not found"),
    LeftOut.EVENT_GONE: _("without an event in the log"),
    LeftOut.REPLAYED: _("replayed or discarded already"),
    LeftOut.OTHER_OUTCOME: _("with another outcome"),
    LeftOut.UNDER_WAY: _("being replayed"),
    LeftOut.READ_MODEL: _("in a read model, which is rebuilt instead"),
    LeftOut.UNKNOWN_SUBSCRIBER: _("for a subscriber that this code does not have"),
}

# An item whose run was settled does not count as open, also before the driver has noticed.
_CHOSEN = """
WITH chosen AS MATERIALIZED (
    SELECT d.position, d.subscriber, d.run, d.fingerprint, e.id AS event_id, e.xid, e.stream, e.stream_version,
           CASE WHEN e.position IS NULL THEN 'event_gone'
                WHEN EXISTS (SELECT FROM events_delivery later WHERE later.position = d.position
                             AND later.subscriber = d.subscriber AND later.run > d.run)
                THEN 'replayed'
                WHEN d.outcome <> ALL (%(outcomes)s::text[]) THEN 'other_outcome'
                WHEN d.outcome <> 'dead' AND d.subscriber = ANY (%(swappable)s::text[]) THEN 'read_model'
                WHEN EXISTS (SELECT FROM events_replayitem item
                             WHERE item.position = d.position AND item.subscriber = d.subscriber AND item.run > d.run
                               AND item.state IN ('waiting', 'sent'))
                THEN 'under_way'
                WHEN d.subscriber <> ALL (%(known)s::text[]) THEN 'unknown_subscriber' END AS left_out
    FROM events_delivery d LEFT JOIN events_event e USING (position) WHERE {condition})
"""
_FREEZE = """,
frozen AS (
    INSERT INTO events_replayitem (replay_id, position, subscriber, run, stream, stream_version, fingerprint)
    SELECT %(replay)s, position, subscriber, 1 + greatest(run, (
               SELECT max(item.run) FROM events_replayitem item
               WHERE item.position = chosen.position AND item.subscriber = chosen.subscriber)),
           stream, stream_version, fingerprint
    FROM chosen WHERE left_out IS NULL ORDER BY xid, position, subscriber
    ON CONFLICT DO NOTHING  -- somebody else froze it a moment ago
    RETURNING fingerprint)
SELECT 'frozen', count(*), array_agg(DISTINCT fingerprint) FROM frozen
UNION ALL SELECT left_out, count(*), NULL FROM chosen GROUP BY left_out
"""
_COUNT = f"""
SELECT left_out, subscriber, fingerprint, count(*),
       (array_agg(event_id || ':' || subscriber || ':' || run ORDER BY xid, position))[:{_EXAMPLES}]
FROM chosen GROUP BY left_out, subscriber, fingerprint ORDER BY count(*) DESC, subscriber, fingerprint
"""
_ANY = "SELECT EXISTS (SELECT FROM chosen WHERE left_out IS NULL)"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay of a selection would have in it now."""

    count: int = 0
    by_subscriber: Counter[str] = field(default_factory=Counter)
    by_fingerprint: Counter[str] = field(default_factory=Counter)
    #: The keys of some of the first deliveries.
    examples: tuple[str, ...] = ()
    #: How many of those that were meant are not in it, by reason.
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def preview(selection: Selection, action: Replay.Action = Replay.Action.REPLAY) -> Preview:
    """Count what would be replayed, or discarded, and what would not and why. Nothing is written."""
    rows = _rows(_COUNT, selection, action)
    chosen = [row[1:] for row in rows if row[0] is None]
    by_subscriber, by_fingerprint = Counter[str](), Counter[str]()
    for subscriber, fingerprint, count, _examples in chosen:
        by_subscriber[subscriber] += count
        by_fingerprint[fingerprint] += count
    left_out = _left_out(selection, by_subscriber.total(), [(row[0], row[3]) for row in rows if row[0]])
    examples = [key for row in chosen[:_EXAMPLES] for key in row[3]]
    return Preview(by_subscriber.total(), by_subscriber, by_fingerprint, tuple(examples[:_EXAMPLES]), left_out)


def matches(selection: Selection) -> bool:
    """Whether anything would be replayed."""
    return bool(_rows(_ANY, selection, Replay.Action.REPLAY)[0][0])


def freeze(replay: Replay, selection: Selection) -> None:
    """Write the set of a new replay, and note on it what is in it and what is not."""
    (_frozen, count, fingerprints), *others = _rows(_FREEZE, selection, Replay.Action(replay.action), replay=replay.pk)
    # What was chosen, but not frozen by us, was frozen by somebody else meanwhile.
    reasons = [(reason or "under_way", number if reason else number - count) for reason, number, _none in others]
    replay.item_count = count
    replay.known_fingerprints = [one for one in fingerprints or [] if one]
    replay.left_out = dict(_left_out(selection, count, reasons))


def why(left_out: Counter[LeftOut]) -> str:
    """What was left out, in words to end a sentence with; nothing when nothing was."""
    parts = [f"{count} {LeftOut(reason).words}" for reason, count in left_out.items()]
    return f": {', '.join(parts)}" if parts else ""


def _left_out(selection: Selection, count: int, reasons: list[tuple[str, int]]) -> Counter[LeftOut]:
    left_out: Counter[LeftOut] = Counter()
    for reason, number in reasons:
        left_out[LeftOut(reason)] += number
    if selection.named_count is None:
        del left_out[LeftOut.REPLAYED]  # older runs of what is described are nobody's concern
    else:
        left_out[LeftOut.NOT_FOUND] = selection.named_count - count - left_out.total()
    return +left_out


def _rows(statement: str, selection: Selection, action: Replay.Action, **more: Any) -> list[tuple[Any, ...]]:
    known = [one.name for one in catalogue.subscribers()]
    everybody = action == Replay.Action.DISCARD  # what the code does not have any more can still be discarded
    swappable = [one.name for one in catalogue.subscribers() if one.swappable]
    values = selection.parameters() | {"known": None if everybody else known, "swappable": swappable} | more
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN.format(condition=selection.condition()) + statement, values)
        return cursor.fetchall()
