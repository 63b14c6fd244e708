"""Subscriptions in the admin: how far each subscriber is; pause and resume it."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display

from events import catalogue, subscriptions
from events.admin.asking import ReasonForm, dialog, show
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, moment
from events.models import Subscription

STATE_COLORS = {"active": "success", "catching up": "info", "paused": "warning", "removed": "danger"}
_PAUSE = dialog(
    _("Pause this subscriber?"),
    _("It gets no events until it is resumed. The log keeps what it misses, and it catches up with that then."),
    _("Pause"),
)
_RESUME = dialog(
    _("Resume this subscriber?"), _("It catches up with what it missed, at a rate."), _("Resume"), form=None
)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """A row for each subscriber that ever was."""

    list_display = ["shown_subscriber", "shown_state", "shown_settled", "shown_pause", "shown_created"]
    search_fields = ["subscriber"]
    list_per_page = 200  # there are as many as the code has, not as many as happened
    change_form_template = "admin/events/subscription.html"
    # On its page, because unfold's menu of a row does not open for a key with a dot in it.
    actions_detail = ["pause_it", "resume_it"]

    def has_steer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own."""
        return self.has_view_permission(request) and request.user.has_perm("events.pause_subscription")

    @display(description=_("subscriber"))
    def shown_subscriber(self, subscription: Subscription) -> SafeString:
        """As the code calls it."""
        return code(subscription.subscriber)

    @display(description=_("state"), label=STATE_COLORS)
    def shown_state(self, subscription: Subscription) -> tuple[str, str]:
        """Whether it gets events."""
        if subscription.paused_at:
            return "paused", gettext("paused")
        if subscription.subscriber not in [one.name for one in catalogue.subscribers()]:
            return "removed", gettext("not in this code")
        if subscription.catch_up_to_xid is not None:
            return "catching up", gettext("catching up")
        return "active", pgettext("subscriber", "active")

    @display(description=_("settled up to"))
    def shown_settled(self, subscription: Subscription) -> SafeString:
        """The position of the log at or below which nothing is left to do."""
        return code(subscription.settled_position)

    @display(description=_("paused by"), empty_value="–")
    def shown_pause(self, subscription: Subscription) -> str | None:
        """Who, and why."""
        if not subscription.paused_at:
            return None
        return f"{subscription.paused_by}: {subscription.pause_reason}"

    @display(description=_("created at"))
    def shown_created(self, subscription: Subscription) -> SafeString:
        """Since when it is known."""
        return moment(subscription.created_at)

    @action(description=_("Pause"), url_path="pause", icon="pause", permissions=["steer"], dialog=_PAUSE)
    def pause_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The dialog makes this a POST."""
        name = self._name(request, object_id)
        subscriptions.pause(name, by=request.user.get_username(), reason=form.cleaned_data["reason"])
        self.message_user(request, gettext("{name} is paused.").format(name=name), messages.SUCCESS)
        return show(request, reverse("admin:events_subscription_change", args=[name]))

    @action(description=_("Resume"), url_path="resume", icon="play_arrow", permissions=["steer"], dialog=_RESUME)
    def resume_it(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same."""
        name = self._name(request, object_id)
        if subscriptions.resume(name):
            self.message_user(request, gettext("{name} goes on.").format(name=name), messages.SUCCESS)
        else:
            self.message_user(request, gettext("{name} was not paused.").format(name=name), messages.WARNING)
        return show(request, reverse("admin:events_subscription_change", args=[name]))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """The one that makes sense."""
        found = super().get_actions_detail(request, object_id)
        subscription = self.get_object(request, str(object_id)) if found else None
        wanted = "resume" if subscription and subscription.paused_at else "pause"
        return [one for one in found if one.path == wanted]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is, and what it is."""
        subscription = self.get_object(request, object_id)
        context = self._page(subscription) if subscription else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _page(self, subscription: Subscription) -> dict[str, Any]:
        letters_url = reverse("admin:events_deadletter_changelist")
        state, words = self.shown_state(subscription)
        known = [one for one in catalogue.subscribers() if one.name == subscription.pk]
        return {
            "subscription": subscription,
            "subscriber": known[0] if known else None,
            "color": STATE_COLORS[state],
            "state_words": words,
            "created_at": moment(subscription.created_at),
            "paused_at": moment(subscription.paused_at),
            "letters_url": f"{letters_url}?{urlencode({'subscriber': subscription.pk})}",
        }

    def _name(self, request: HttpRequest, object_id: str) -> str:
        subscription = self.get_object(request, object_id)
        if subscription is None:
            raise Http404
        return str(subscription.pk)
