"""The log in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin.filters import EventName, when
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, moment, payload_of
from events.admin.searching import Term
from events.admin.stories import cause, consequences, neighbours, stories
from events.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Every event; its page shows what became of it."""

    list_display = ["shown_name", "shown_stream", "position", "shown_actor", "shown_at"]
    list_filter = [EventName, when("occurred_at")]
    search_fields = ["id"]
    search_help_text = _("Event id, correlation id, stream or position")
    change_form_template = "admin/events/event.html"

    def found_by(self, term: Term) -> dict[str, Any]:
        """The events themselves."""
        return {"position__in": term.positions()}

    @display(description=_("event"))
    def shown_name(self, event: Event) -> SafeString:
        """As the code calls it."""
        return code(event.name)

    @display(description=_("stream"))
    def shown_stream(self, event: Event) -> SafeString:
        """With the number in it."""
        return code(f"{event.stream} · {event.stream_version}")

    @display(description=_("actor"), empty_value="–")
    def shown_actor(self, event: Event) -> SafeString | None:
        """Whoever caused it, if known."""
        return code(event.actor) if event.actor else None

    @display(description=_("occurred at"))
    def shown_at(self, event: Event) -> SafeString:
        """To the millisecond."""
        return moment(event.occurred_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The event with its stream, its cause and its deliveries."""
        event = self.get_object(request, object_id)
        context = self._page(event, request) if event else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _page(self, event: Event, request: HttpRequest) -> dict[str, Any]:
        return {
            "event": event,
            "occurred_at": moment(event.occurred_at),
            "payload": payload_of(event, request),
            "stories": stories(event),
            "neighbours": [(one, moment(one.occurred_at)) for one in neighbours(event)],
            "cause": cause(event),
            "consequences": consequences(event),
            "stream_url": self._search_url(event.stream),
            "correlation_url": self._search_url(str(event.correlation_id)),
        }

    def _search_url(self, text: str) -> str:
        return f"{reverse('admin:events_event_changelist')}?{urlencode({'q': text})}"
