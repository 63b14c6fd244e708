"""The flow in the admin: how much of what happened, hour by hour or day by day, from figures that were counted once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.admin.reading import ReadOnlyAdmin
from events.connections import database_now
from events.flow import DeliveryCount, EventCount, deliveries_by_time, events_by_time
from events.models import FlowCount


@dataclass(frozen=True, slots=True)
class Period:
    """How far back the page looks, and how much time one bar is."""

    title: Promise
    length: timedelta
    stretch: timedelta


PERIODS = {
    "hour": Period(_("1 hour"), timedelta(hours=1), timedelta(minutes=1)),
    "day": Period(_("1 day"), timedelta(days=1), timedelta(minutes=30)),
    "week": Period(_("1 week"), timedelta(days=7), timedelta(hours=3)),
    "month": Period(_("30 days"), timedelta(days=30), timedelta(hours=12)),
}


@admin.register(FlowCount)
class FlowAdmin(ReadOnlyAdmin):
    """One page instead of a list: the row says how far the counting is, which nobody needs to see."""

    class Media:
        js = ("events/refresh.js",)

    def get_urls(self) -> list[URLPattern]:
        """The page, and what of it changes."""
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name="events_flowcount_changelist"),
            path("figures/", self.admin_site.admin_view(self.figures_view), name="events_flowcount_figures"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page."""
        context = {**self.admin_site.each_context(request), "title": _("Flow"), "media": self.media}
        return render(request, "admin/events/flow.html", {**context, **self._shown(request), **(extra_context or {})})

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """What the page asks for again and again."""
        return render(request, "admin/events/flow_figures.html", self._shown(request))

    def _shown(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("period", "")
        chosen = asked if asked in PERIODS else "hour"
        figures_url = reverse("admin:events_flowcount_figures")
        return {
            "periods": [{"key": key, "title": one.title, "is_chosen": key == chosen} for key, one in PERIODS.items()],
            "figures_url": f"{figures_url}?period={chosen}",
            **_figures(PERIODS[chosen], database_now()),
        }


def _figures(period: Period, now: datetime) -> dict[str, Any]:
    first = now - period.length
    events = events_by_time(first, now, period.stretch)
    deliveries = deliveries_by_time(first, now, period.stretch)
    minutes = period.length / timedelta(minutes=1)
    return {
        "bars": _bars(period, first, now, events, deliveries),
        "events": _by_name(events, minutes),
        "deliveries": _by_subscriber(deliveries, minutes),
    }


def _bars(
    period: Period, first: datetime, now: datetime, events: list[EventCount], deliveries: list[DeliveryCount]
) -> list[dict[str, Any]]:
    """One for every stretch, also where nothing happened; heights in per cent of the highest."""
    logged: defaultdict[datetime, int] = defaultdict(int)
    dead: defaultdict[datetime, int] = defaultdict(int)
    for event in events:
        logged[event.began_at] += event.count
    for delivery in deliveries:
        dead[delivery.began_at] += delivery.dead
    epoch = datetime.fromtimestamp(0, now.tzinfo)
    begun = first - (first - epoch) % period.stretch
    starts = [begun + number * period.stretch for number in range(int((now - begun) / period.stretch) + 1)]
    highest = max((logged[start] for start in starts), default=0) or 1
    return [
        {"at": start, "count": logged[start], "dead": dead[start], "height": round(logged[start] * 100 / highest)}
        for start in starts
    ]


def _by_name(events: list[EventCount], minutes: float) -> list[dict[str, Any]]:
    counts: defaultdict[str, int] = defaultdict(int)
    for one in events:
        counts[one.name] += one.count
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "count": count, "pace": count / minutes} for name, count in most_first]


def _by_subscriber(deliveries: list[DeliveryCount], minutes: float) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in deliveries:
        row = found.setdefault(one.subscriber, {"name": one.subscriber, "done": 0, "dead": 0, "discarded": 0})
        row["done"] += one.done
        row["dead"] += one.dead
        row["discarded"] += one.discarded
    most_first = sorted(found.values(), key=lambda row: (-row["done"], row["name"]))
    return [{**row, "pace": row["done"] / minutes} for row in most_first]
