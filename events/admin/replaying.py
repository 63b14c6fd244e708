"""Replaying several dead deliveries, and saying what came of it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.errors import AlreadyReplayed, EventsError, NotDead, UnknownSubscriber
from events.models import Delivery, Outcome
from events.relay import wake
from events.replay import replay
from events.subscribers import DeliveryKey

Dead = TypeVar("Dead", bound=Delivery)


@dataclass
class Report:
    """How many will run again, and why the others will not."""

    replayed: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def text(self) -> str:
        """One sentence for each, joined; a reason that several share is said once."""
        parts = []
        if self.replayed:
            words = ngettext("{count} delivery will run again", "{count} deliveries will run again", self.replayed)
            parts.append(words.format(count=self.replayed))
        parts += [f"{count} {reason}" for reason, count in self.refused.items()]
        return "; ".join(parts) + "."


def replay_each(deliveries: Iterable[Dead], on_replayed: Callable[[Dead, DeliveryKey], object]) -> Report:
    """Replay what can be; each is recorded by `on_replayed` in the same transaction."""
    report = Report()
    with transaction.atomic():
        for delivery in deliveries:
            try:
                key = replay(delivery)
            except EventsError as error:
                report.refused[_reason(error)] += 1
            else:
                report.replayed += 1
                on_replayed(delivery, key)
        transaction.on_commit(wake, robust=True)
    return report


def _reason(error: EventsError) -> str:
    """Goes on after a number: "2 were already …"."""
    match error:
        case AlreadyReplayed():
            return _("already replayed as run {run}, which is {outcome}").format(
                run=error.data["run"], outcome=Outcome(error.data["outcome"]).label
            )
        case NotDead():
            return _("not dead but {outcome}").format(outcome=Outcome(error.data["outcome"]).label)
        case UnknownSubscriber():
            return _("not replayed, because this code has no subscriber called {name}").format(name=error.data["name"])
    return str(error)
