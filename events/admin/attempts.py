"""Failed tries in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin.filters import SubscriberName, when
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, error_line, link, moment, payload_of
from events.admin.stories import delivery_url, tries
from events.models import Attempt, Delivery


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Every try that failed, whatever became of the delivery."""

    list_display = ["shown_subscriber", "shown_event", "number", "shown_error", "shown_failed", "shown_next"]
    list_filter = [SubscriberName, when("failed_at")]
    search_fields = ["event"]
    search_help_text = _("Event id, correlation id, stream, position or task id")
    change_form_template = "admin/events/attempt.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """With the events, and with no more of long texts than a list shows."""
        rows = super().get_queryset(request).select_related("event").defer("traceback", "message")
        return rows.annotate(message_start=Left("message", 120))

    @display(description=_("subscriber"))
    def shown_subscriber(self, attempt: Attempt) -> SafeString:
        """As the code calls it."""
        return code(attempt.subscriber)

    @display(description=_("event"))
    def shown_event(self, attempt: Attempt) -> SafeString:
        """A link to the event."""
        url = reverse("admin:events_event_change", args=[attempt.event_id])
        return link(url, code(f"{attempt.event.name} {attempt.event.stream}"))

    @display(description=_("error"))
    def shown_error(self, attempt: Any) -> SafeString:
        """Its class and the start of its message."""
        return error_line(attempt.error_class, attempt.message_start)

    @display(description=_("failed at"))
    def shown_failed(self, attempt: Attempt) -> SafeString:
        """To the millisecond."""
        return moment(attempt.failed_at)

    @display(description=_("next try at"))
    def shown_next(self, attempt: Attempt) -> SafeString:
        """Nothing after the last try."""
        return moment(attempt.next_try_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The try among those of its run."""
        attempt = self.get_object(request, object_id)
        context = self._page(attempt, request) if attempt else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _page(self, attempt: Attempt, request: HttpRequest) -> dict[str, Any]:
        rows = Delivery.objects.filter(event=attempt.event_id, subscriber=attempt.subscriber, run=attempt.run)
        delivery = rows.first()
        return {
            "attempt": attempt,
            "event": attempt.event,
            "payload": payload_of(attempt.event, request),
            "tries": tries(attempt.event_id, attempt.subscriber, attempt.run),
            "delivery": delivery,
            "delivery_url": delivery_url(delivery) if delivery else "",
        }
