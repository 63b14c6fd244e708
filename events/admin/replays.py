"""Replays in the admin: what was asked for, how far it is, and what came of each delivery."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display

from events import replay as replays
from events.admin.asking import ReasonForm, dialog, show
from events.admin.filters import StateOfItem, StateOfReplay, when
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import OUTCOME_COLORS, code, duration, link, moment
from events.admin.replaying import left_out_of
from events.errors import ReplayOver
from events.models import Replay, ReplayItem

State = Replay.State
STATE_COLORS = {
    State.RUNNING.value: "info",
    State.PAUSED.value: "warning",
    State.STOPPED.value: "danger",
    State.CANCELLED.value: "warning",
    State.FINISHED.value: "success",
}
ITEM_COLORS = OUTCOME_COLORS | {"waiting": "info", "sent": "info", "cancelled": "warning"}
#: Which buttons a replay has.
_POSSIBLE = {
    State.RUNNING: {"pause", "cancel"},
    State.PAUSED: {"resume", "cancel"},
    State.STOPPED: {"resume", "cancel"},
}
_FAILED_ITEMS = 20

_PAUSE = dialog(_("Pause this replay?"), _("Nothing more is sent; what was sent goes on."), _("Pause"))
_RESUME = dialog(
    _("Go on with this replay?"),
    _("The errors that it has had so far do not stop it again."),
    _("Resume"),
    form=None,
)
_CANCEL = dialog(
    _("Cancel this replay?"),
    _("What is not settled yet does not run any more. It cannot be resumed; its dead letters are open again."),
    _("End it"),
)


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Every replay and every discard."""

    list_display = ["shown_name", "action", "shown_state", "item_count", "shown_owner", "shown_created"]
    list_filter = [StateOfReplay, when("created_at")]
    change_form_template = "admin/events/replay.html"
    actions_detail = ["pause_it", "resume_it", "cancel_it"]

    def has_steer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whoever may replay may also stop it."""
        return self.has_view_permission(request) and request.user.has_perm("events.replay_delivery")

    @display(description=_("name"))
    def shown_name(self, replay: Replay) -> str:
        """As its owner called it."""
        return replay.name

    @display(description=_("state"), label=STATE_COLORS)
    def shown_state(self, replay: Replay) -> tuple[str, str]:
        """Coloured."""
        return replay.state, replay.get_state_display()

    @display(description=_("owner"))
    def shown_owner(self, replay: Replay) -> SafeString:
        """Who asked for it."""
        return code(replay.owner)

    @display(description=_("created at"))
    def shown_created(self, replay: Replay) -> SafeString:
        """To the millisecond."""
        return moment(replay.created_at)

    @action(description=_("Pause"), url_path="pause", icon="pause", permissions=["steer"], dialog=_PAUSE)
    def pause_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The dialog makes this a POST."""
        by, reason = request.user.get_username(), form.cleaned_data["reason"]
        return self._steer(request, object_id, lambda replay: replays.pause(replay, by=by, reason=reason))

    @action(description=_("Resume"), url_path="resume", icon="play_arrow", permissions=["steer"], dialog=_RESUME)
    def resume_it(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """The same."""
        by, now = request.user.get_username(), timezone.now()
        return self._steer(request, object_id, lambda replay: replays.resume(replay, by=by, now=now))

    @action(description=_("Cancel replay"), url_path="cancel", icon="cancel", permissions=["steer"], dialog=_CANCEL)
    def cancel_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The same."""
        by, now, reason = request.user.get_username(), timezone.now(), form.cleaned_data["reason"]
        return self._steer(request, object_id, lambda replay: replays.cancel(replay, by=by, now=now, reason=reason))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """Only what its state allows."""
        found = super().get_actions_detail(request, object_id)
        replay = self.get_object(request, str(object_id)) if found else None
        possible = _POSSIBLE.get(State(replay.state), set()) if replay else set()
        return [one for one in found if one.path in possible]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The replay, counted."""
        replay = self.get_object(request, object_id)
        context = _page(replay) if replay else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _steer(self, request: HttpRequest, object_id: str, operation: Callable[[Replay], None]) -> HttpResponse:
        replay = self.get_object(request, object_id)
        if replay is None:
            raise Http404
        try:
            operation(replay)
        except ReplayOver as error:
            state = State(error.data["state"]).label
            self.message_user(request, gettext("The replay is {state}.").format(state=state), messages.WARNING)
        return show(request, reverse("admin:events_replay_change", args=[replay.pk]))


@admin.register(ReplayItem)
class ReplayItemAdmin(ReadOnlyAdmin):
    """Each delivery of each replay, with its result."""

    list_display = ["shown_subscriber", "shown_event", "run", "shown_state", "shown_replay", "shown_finished"]
    list_display_links = None
    list_filter = [StateOfItem]
    search_fields = ["event"]
    search_help_text = _("Event id, correlation id, stream, position or task id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReplayItem]:
        """With events and replays."""
        return super().get_queryset(request).select_related("event", "replay")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Those of one replay as well: they have an index."""
        return lookup == "replay__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description=_("subscriber"))
    def shown_subscriber(self, item: ReplayItem) -> SafeString:
        """As the code calls it."""
        return code(item.subscriber)

    @display(description=_("event"))
    def shown_event(self, item: ReplayItem) -> SafeString:
        """A link to the event, whose page shows the run."""
        url = reverse("admin:events_event_change", args=[item.event_id])
        return link(url, code(f"{item.event.name} {item.event.stream}"))

    @display(description=_("state"), label=ITEM_COLORS)
    def shown_state(self, item: ReplayItem) -> tuple[str, str]:
        """Coloured."""
        return item.state, item.get_state_display()

    @display(description=_("replay"))
    def shown_replay(self, item: ReplayItem) -> SafeString:
        """A link to it."""
        return link(reverse("admin:events_replay_change", args=[item.replay_id]), item.replay.name)

    @display(description=_("finished at"))
    def shown_finished(self, item: ReplayItem) -> SafeString:
        """To the millisecond."""
        return moment(item.finished_at)


def _page(replay: Replay) -> dict[str, Any]:
    progress = replays.progress(replay, timezone.now())
    items_url = reverse("admin:events_replayitem_changelist")
    return {
        "replay": replay,
        "color": STATE_COLORS[replay.state],
        "created_at": moment(replay.created_at),
        "finished_at": moment(replay.finished_at),
        "progress": progress,
        "states": [
            (ReplayItem.State(state).label, ITEM_COLORS[state], count, _items_url(items_url, replay, state))
            for state, count in progress.by_state.items()
        ],
        "share": round(100 * progress.settled / progress.all) if progress.all else 100,
        "eta": duration(progress.eta_seconds) if progress.eta_seconds is not None else "",
        "errors": progress.dead_by_fingerprint.most_common(_FAILED_ITEMS),
        "criteria": [(name, json.dumps(value, ensure_ascii=False)) for name, value in replay.criteria.items()],
        "left_out": [(reason.words, count) for reason, count in left_out_of(replay).items()],
        "items_url": _items_url(items_url, replay),
        "letters_url": reverse("admin:events_deadletter_changelist"),
    }


def _items_url(items_url: str, replay: Replay, state: str = "") -> str:
    return f"{items_url}?{urlencode({'replay__id__exact': replay.pk} | ({'state': state} if state else {}))}"
