"""The outbox in the admin: usually empty."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, link, moment
from events.models import OutboxEntry


@admin.register(OutboxEntry)
class OutboxAdmin(ReadOnlyAdmin):
    """What waits to be published."""

    list_display = ["shown_event", "shown_subscriber", "run", "shown_available", "shown_state"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxEntry]:
        """With the events."""
        return super().get_queryset(request).select_related("event")

    @display(description=_("event"))
    def shown_event(self, entry: OutboxEntry) -> SafeString:
        """A link to the event."""
        url = reverse("admin:events_event_change", args=[entry.event_id])
        return link(url, code(f"{entry.event.name} {entry.event.stream}"))

    @display(description=_("subscriber"))
    def shown_subscriber(self, entry: OutboxEntry) -> SafeString | str:
        """One, or all of them."""
        return code(entry.subscriber) if entry.subscriber else gettext("all")

    @display(description=_("available at"))
    def shown_available(self, entry: OutboxEntry) -> SafeString:
        """When the relay may take it."""
        return moment(entry.available_at)

    @display(description=_("state"), label={"due": "warning", "later": "info"})
    def shown_state(self, entry: OutboxEntry) -> tuple[str, str]:
        """Whether the relay should have taken it."""
        return ("due", gettext("due")) if entry.available_at <= timezone.now() else ("later", gettext("later"))
