"""A selection: which deliveries are meant. Everything that it says has to be true of a delivery."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.errors import SelectionWrong
from events.models import Outcome
from events.subscribers import DeliveryKey

#: Named deliveries that are written into the record one by one; of more only their number.
_NAMED_LIMIT = 100

# By field; `d` is the delivery and `e` its event.
_CONDITIONS = {
    "delivery_ids": "d.id = ANY (%(delivery_ids)s::bigint[])",
    "keys": "(e.id, d.subscriber, d.run) IN (SELECT * FROM unnest(%(event_ids)s::uuid[], %(names)s::text[], "
    "%(runs)s::int[]))",
    "fingerprint": "d.fingerprint = %(fingerprint)s",
    "subscriber": "d.subscriber = %(subscriber)s",
    "event_name": "e.name = %(event_name)s",
    "stream": "e.stream = %(stream)s",
    "since": "d.finished_at >= %(since)s",
    "until": "d.finished_at <= %(until)s",
    "transient": "d.transient = %(transient)s",
    "automatic_rounds": "(SELECT count(*) FROM events_replayitem i JOIN events_replay r ON r.id = i.replay_id"
    " WHERE i.position = d.position AND i.subscriber = d.subscriber AND r.automatic) = %(automatic_rounds)s",
}
_OPEN_DEAD = "d.outcome = 'dead'"  # said like this, PostgreSQL finds them by their index
_OUTCOMES = "d.outcome = ANY (%(outcomes)s::text[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which deliveries; without any criterion, all dead letters. Of a delivery's runs only the latest is ever meant."""

    delivery_ids: tuple[int, ...] = ()
    #: As DeliveryKey, or as text: `<event id>:<subscriber>:<run>`.
    keys: tuple[DeliveryKey | str, ...] = ()
    fingerprint: str | None = None
    subscriber: str | None = None
    event_name: str | None = None
    stream: str | None = None
    #: When the delivery was settled.
    since: datetime | None = None
    until: datetime | None = None
    #: Dotted paths into the payload, and the JSON value found there: {"customer.country": "EG"}.
    payload: Mapping[str, Any] = field(default_factory=dict)
    #: Done deliveries only for those who say so.
    outcomes: frozenset[str] = frozenset({Outcome.DEAD.value})
    transient: bool | None = None
    #: How often the second-level retry has already replayed it.
    automatic_rounds: int | None = None

    def __post_init__(self) -> None:
        """Raises SelectionWrong."""
        unknown = set(self.outcomes) - set(Outcome.values)
        if unknown or not self.outcomes:
            raise SelectionWrong(why=f"outcomes are {', '.join(Outcome.values)}, and not {sorted(unknown) or 'none'}")
        for key in self.keys:
            _parsed(key)

    @property
    def named_count(self) -> int | None:
        """How many deliveries were named one by one; None when they are described."""
        named = len(set(self.delivery_ids)) + len(set(map(str, self.keys)))
        return named if self.delivery_ids or self.keys else None

    def condition(self) -> str:
        """As SQL. What was named one by one is looked at whatever its outcome, to say why it is left out."""
        wanted = [sql for name, sql in _CONDITIONS.items() if getattr(self, name) not in (None, ())]
        wanted += [f"e.payload #> %(path_{n})s::text[] = %(value_{n})s::jsonb" for n, _ in enumerate(self.payload)]
        if self.named_count is None:
            wanted.append(_OPEN_DEAD if self.outcomes == {Outcome.DEAD.value} else _OUTCOMES)
        return " AND ".join(wanted)

    def parameters(self) -> dict[str, Any]:
        """The values for the condition."""
        keys = [_parsed(key) for key in self.keys]
        values: dict[str, Any] = {name: getattr(self, name) for name in _CONDITIONS}
        values |= {
            "delivery_ids": list(self.delivery_ids),
            "event_ids": [key.event_id for key in keys],
            "names": [key.subscriber for key in keys],
            "runs": [key.run for key in keys],
            "outcomes": sorted(self.outcomes),
        }
        for number, (path, value) in enumerate(self.payload.items()):
            values |= {f"path_{number}": path.split("."), f"value_{number}": json.dumps(value)}
        return values

    def criteria(self) -> dict[str, Any]:
        """For the record, in JSON: what was asked for, and nothing that was not."""
        said: dict[str, Any] = {name: getattr(self, name) for name in _CONDITIONS}
        said |= {"delivery_ids": list(self.delivery_ids), "keys": [str(key) for key in self.keys]}
        for name in ("delivery_ids", "keys"):
            if len(said[name]) > _NAMED_LIMIT:
                said[name] = f"{len(said[name])} of them"
        for name in ("since", "until"):
            said[name] = said[name] and said[name].isoformat()
        said |= {"payload": dict(self.payload), "outcomes": sorted(self.outcomes)}
        return {name: value for name, value in said.items() if value not in (None, [], {})}


def _parsed(key: DeliveryKey | str) -> DeliveryKey:
    try:
        return DeliveryKey.parse(str(key))
    except ValueError:
        raise SelectionWrong(why=f"{str(key)!r} is not <event id>:<subscriber>:<run>") from None
