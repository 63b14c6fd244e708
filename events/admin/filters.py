"""Filters whose choices come from the code, not from reading the tables."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events import catalogue
from events.admin.instants import first_number_since
from events.admin.reading import within_window
from events.dead_letters import error_groups
from events.models import Outcome, Replay, ReplayItem

_SPANS = {
    "15m": (_("last 15 minutes"), timedelta(minutes=15)),
    "1h": (_("last hour"), timedelta(hours=1)),
    "24h": (_("last 24 hours"), timedelta(hours=24)),
    "7d": (_("last 7 days"), timedelta(days=7)),
}
Choices = list[tuple[str, Any]]

#: How many of the newest dead letters are grouped for the filter's choices, and how many of the groups are shown.
_GROUPED_LETTERS, _GROUP_CHOICES = 10_000, 15


def when(column: str, now: Callable[[], datetime] = timezone.now) -> type[SimpleListFilter]:
    """A filter by age, for a table whose rows are appended in the order of that column."""

    class When(SimpleListFilter):
        title = _("time")
        parameter_name = "when"

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
            return [(value, label) for value, (label, _span) in _SPANS.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            if self.value() not in _SPANS:
                return queryset
            instant = now() - _SPANS[str(self.value())][1]
            first = first_number_since(queryset.model, column, instant)
            return queryset.filter(pk__gte=first, **{f"{column}__gte": instant})

    return When


class EventName(SimpleListFilter):
    """By the event's name, among the newest."""

    title = _("event")
    parameter_name = "name"
    windowed = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """Every event that this code declares."""
        return [(name, name) for name in dict.fromkeys(one.event_name for one in catalogue.event_types())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of that name."""
        return within_window(queryset).filter(name=self.value()) if self.value() else queryset


class SubscriberName(SimpleListFilter):
    """By subscriber, among the newest."""

    title = _("subscriber")
    parameter_name = "subscriber"
    windowed = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """Every subscriber that this code declares."""
        return [(one.name, one.name) for one in catalogue.subscribers()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of that subscriber."""
        return within_window(queryset).filter(subscriber=self.value()) if self.value() else queryset


class DeadLetterSubscriber(SubscriberName):
    """By subscriber, among all dead letters: they have an index of their own."""

    windowed = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of that subscriber."""
        return queryset.filter(subscriber=self.value()) if self.value() else queryset


class DeliveryOutcome(SimpleListFilter):
    """By outcome; the dead have an index, the others are looked for among the newest."""

    title = _("outcome")
    parameter_name = "outcome"
    windowed = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """All of them."""
        return list(Outcome.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with that outcome."""
        if not self.value():
            return queryset
        rows = queryset if self.value() == Outcome.DEAD else within_window(queryset)
        return rows.filter(outcome=self.value())


class LikeErrors(SimpleListFilter):
    """By error fingerprint; the choices are the groups that are open."""

    title = _("error")
    parameter_name = "fingerprint"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """The largest groups among the newest letters, and the one that was chosen."""
        groups = error_groups(newest=_GROUPED_LETTERS)[:_GROUP_CHOICES]
        choices = {one.fingerprint: f"{one.fingerprint} ({one.count})" for one in groups if one.fingerprint}
        chosen = str(self.used_parameters.get(self.parameter_name) or "")
        return list((({chosen: chosen} if chosen else {}) | choices).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of that group; they have an index."""
        return queryset.filter(fingerprint=self.value()) if self.value() else queryset


class LetterState(SimpleListFilter):
    """Dead letters that nobody has dealt with, or the others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """Open, or not any more."""
        return [("open", _("open")), ("replayed", _("replayed or discarded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By whether a later run was settled; the list annotates its number as `newest_run`."""
        match self.value():
            case "open":
                return queryset.filter(newest_run=None)
            case "replayed":
                return queryset.filter(newest_run__isnull=False)
        return queryset


class TaskState(SimpleListFilter):
    """Of Celery's results; the column has an index."""

    title = _("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """The states that are ever stored."""
        return [(state, state) for state in ("FAILURE", "RETRY", "SUCCESS")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in that state."""
        return queryset.filter(status=self.value()) if self.value() else queryset


class TaskName(SubscriberName):
    """Of Celery's results; the column has an index."""

    windowed = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of that task."""
        return queryset.filter(task_name=self.value()) if self.value() else queryset


class ChoiceFilter(SimpleListFilter):
    """By a column with few values, among all rows of a table that is not long."""

    choices_of: Choices = []

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        """All of them."""
        return self.choices_of

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with that value."""
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class StateOfReplay(ChoiceFilter):
    """Running, paused …"""

    title = _("state")
    parameter_name = "state"
    choices_of = list(Replay.State.choices)


class StateOfItem(ChoiceFilter):
    """Waiting, sent, or the outcome."""

    title = _("state")
    parameter_name = "state"
    choices_of = list(ReplayItem.State.choices)
