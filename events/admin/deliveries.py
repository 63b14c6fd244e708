"""Settled deliveries in the admin."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin.filters import DeliveryOutcome, SubscriberName, when
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import OUTCOME_COLORS, code, duration, link, moment, payload_of
from events.admin.stories import replays_of, runs, tries
from events.models import Delivery, Outcome
from events.subscribers import DeliveryKey


class DeliveryPages(ReadOnlyAdmin):
    """The list and the page of deliveries, dead or alive."""

    search_fields = ["event"]
    search_help_text = _("Event id, correlation id, stream, position or task id")
    change_form_template = "admin/events/delivery.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the events."""
        return super().get_queryset(request).select_related("event")

    @display(description=_("subscriber"))
    def shown_subscriber(self, delivery: Delivery) -> SafeString:
        """With the run, when it is not the first."""
        return code(f"{delivery.subscriber} · {_run_of(delivery)}" if delivery.run else delivery.subscriber)

    @display(description=_("event"))
    def shown_event(self, delivery: Delivery) -> SafeString:
        """A link to the event."""
        url = reverse("admin:events_event_change", args=[delivery.event_id])
        return link(url, code(f"{delivery.event.name} {delivery.event.stream}"))

    @display(description=_("outcome"), label=OUTCOME_COLORS)
    def shown_outcome(self, delivery: Delivery) -> tuple[str, str]:
        """Coloured."""
        return delivery.outcome, delivery.get_outcome_display()

    @display(description=_("duration"))
    def shown_duration(self, delivery: Delivery) -> str:
        """Of the run that settled it; a dead one has none of its own."""
        if delivery.outcome == Outcome.DEAD:
            return "–"
        return duration((delivery.finished_at - delivery.started_at).total_seconds())

    @display(description=_("finished at"))
    def shown_finished(self, delivery: Delivery) -> SafeString:
        """To the millisecond."""
        return moment(delivery.finished_at)

    @display(description=_("worker"), empty_value="–")
    def shown_worker(self, delivery: Delivery) -> SafeString | None:
        """The process that ran it."""
        return code(delivery.worker) if delivery.worker else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The delivery with its tries, its input and its other runs."""
        delivery = self.get_object(request, object_id)
        context = self.page(delivery) | {"payload": payload_of(delivery.event, request)} if delivery else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def page(self, delivery: Delivery) -> dict[str, Any]:
        """What the page shows."""
        return {
            "delivery": delivery,
            "event": delivery.event,
            "task_id": (task_id := task_id_of(delivery)),
            "flower_url": f"{settings.FLOWER_URL.rstrip('/')}/task/{task_id}" if settings.FLOWER_URL else "",
            "color": OUTCOME_COLORS[delivery.outcome],
            "finished_at": moment(delivery.finished_at),
            "took": self.shown_duration(delivery),
            "since_event": duration((delivery.finished_at - delivery.event.occurred_at).total_seconds()),
            "tries": tries(delivery.event_id, delivery.subscriber, delivery.run),
            "runs": runs(delivery),
            "replays": replays_of(delivery),
        }


@admin.register(Delivery)
class DeliveryAdmin(DeliveryPages):
    """Every delivery that was settled."""

    list_display = [
        "shown_subscriber", "shown_event", "shown_outcome", "attempts", "shown_duration", "shown_finished",
        "shown_worker",
    ]  # fmt: skip
    list_filter = [DeliveryOutcome, SubscriberName, when("finished_at")]


def task_id_of(delivery: Delivery) -> str:
    """The name that Flower and TaskResult know the delivery by."""
    return str(DeliveryKey(delivery.event.id, delivery.subscriber, delivery.run))


def _run_of(delivery: Delivery) -> str:
    return _("run {run}").format(run=delivery.run)
