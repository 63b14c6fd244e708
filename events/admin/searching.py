"""Searching by what has an index."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from events.models import Event
from events.subscribers import DeliveryKey

#: How many events of one stream or correlation are looked up at most.
POSITIONS = 1000
_POSITION_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class Term:
    """What somebody typed into a search box, understood."""

    text: str
    id: UUID | None = None
    position: int | None = None
    key: DeliveryKey | None = None

    @classmethod
    def parse(cls, text: str) -> Term | None:
        """None for nothing."""
        text = text.strip().replace("\0", "")
        with suppress(ValueError):
            return cls(text, id=UUID(text))
        with suppress(ValueError):
            return cls(text, key=DeliveryKey.parse(text))
        if text.isdecimal() and int(text) < _POSITION_LIMIT:
            return cls(text, position=int(text))
        return cls(text) if text else None

    def events(self) -> QuerySet[Event]:
        """The events that are meant: by id, correlation id, position, stream, or the task id of a delivery."""
        return Event.objects.filter(self._condition())

    def positions(self) -> list[int]:
        """Where these events are in the log; of very many, the newest."""
        return list(self.events().order_by("-position").values_list("position", flat=True)[:POSITIONS])

    def _condition(self) -> Q:
        if self.key:
            return Q(id=self.key.event_id)
        if self.id:
            return Q(id=self.id) | Q(correlation_id=self.id)
        if self.position is not None:
            return Q(position=self.position)
        return Q(stream=self.text)
