"""Read models in the admin: how far each is behind the log, and rebuilds: start one, watch it, cancel it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display

from events.admin.asking import ReasonForm, dialog, show
from events.admin.filters import ChoiceFilter
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, duration, moment
from events.connections import database_now
from events.errors import RebuildOver, RebuildRefused
from events.models import Rebuild
from events.projections import projections
from events.projections.lag import COUNT_LIMIT, Lag, lag
from events.projections.rebuilding import cancel_rebuild, start_rebuild

State = Rebuild.State
STATE_COLORS = {
    State.RUNNING.value: "info",
    State.FINISHED.value: "success",
    State.FAILED.value: "danger",
    State.CANCELLED.value: "warning",
}
_LIVE_COLORS = {"live": "success", "catching up": "info", "paused": "warning", "not enrolled": "default"}
#: The states of events/projections/lag.py, to be translated.
_LIVE_STATES = (gettext_noop("live"), gettext_noop("catching up"), gettext_noop("paused"), gettext_noop("not enrolled"))


class RebuildForm(ReasonForm):
    """Which one, and why."""

    projection = forms.ChoiceField(
        label=_("Read model"), choices=lambda: [(one.name, one.name) for one in projections()]
    )
    field_order = ("projection", "reason")


_REBUILD = dialog(
    _("Rebuild a read model?"),
    _("It is made again from the log, beside the live one, and takes its place when it has caught up with it."),
    _("Rebuild"),
    RebuildForm,
)
_CANCEL = dialog(_("Cancel this rebuild?"), _("The live read model stays as it is. It cannot be resumed."), _("End it"))


class StateOfRebuild(ChoiceFilter):
    """Running, finished …"""

    title = _("state")
    parameter_name = "state"
    choices_of = list(State.choices)


@admin.register(Rebuild)
class RebuildAdmin(ReadOnlyAdmin):
    """All read models with their lag, and every rebuild."""

    list_display = [
        "shown_projection",
        "shown_state",
        "applied_count",
        "shown_owner",
        "shown_created",
        "shown_finished",
    ]
    list_filter = [StateOfRebuild]
    list_before_template = "admin/events/read_models.html"
    change_form_template = "admin/events/rebuild.html"
    actions_list = ["rebuild_it"]
    actions_detail = ["cancel_it"]

    class Media:
        js = ("events/refresh.js",)

    def has_rebuild_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own."""
        return self.has_view_permission(request) and request.user.has_perm("events.rebuild_projection")

    @display(description=_("projection"))
    def shown_projection(self, rebuild: Rebuild) -> SafeString:
        """As the code calls it."""
        return code(rebuild.projection)

    @display(description=_("state"), label=STATE_COLORS)
    def shown_state(self, rebuild: Rebuild) -> tuple[str, str]:
        """Coloured."""
        return rebuild.state, rebuild.get_state_display()

    @display(description=_("owner"))
    def shown_owner(self, rebuild: Rebuild) -> SafeString:
        """Who asked for it."""
        return code(rebuild.owner)

    @display(description=_("created at"))
    def shown_created(self, rebuild: Rebuild) -> SafeString:
        """To the millisecond."""
        return moment(rebuild.created_at)

    @display(description=_("finished at"))
    def shown_finished(self, rebuild: Rebuild) -> SafeString:
        """The same."""
        return moment(rebuild.finished_at)

    @action(
        description=_("Rebuild a read model"),
        url_path="rebuild",
        icon="construction",
        permissions=["rebuild"],
        dialog=_REBUILD,
    )
    def rebuild_it(self, request: HttpRequest, form: RebuildForm) -> HttpResponse:
        """The dialog makes this a POST; the workers do the rest."""
        name, reason = form.cleaned_data["projection"], form.cleaned_data["reason"]
        try:
            rebuild = start_rebuild(name, reason=reason, owner=request.user.get_username(), now=database_now())
        except RebuildRefused as error:
            refused = gettext("{name} is not rebuilt: {why}.").format(name=name, why=error.data["why"])
            self.message_user(request, refused, messages.ERROR)
            return show(request, reverse("admin:events_rebuild_changelist"))
        return show(request, reverse("admin:events_rebuild_change", args=[rebuild.pk]))

    @action(description=_("Cancel rebuild"), url_path="cancel", icon="cancel", permissions=["rebuild"], dialog=_CANCEL)
    def cancel_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The same."""
        rebuild = self._existing(request, object_id)
        reason = f"{request.user.get_username()}: {form.cleaned_data['reason']}"
        try:
            cancel_rebuild(rebuild.pk, reason=reason, now=database_now())
        except RebuildOver:
            self.message_user(request, gettext("The rebuild was over already."), messages.WARNING)
        return show(request, reverse("admin:events_rebuild_change", args=[rebuild.pk]))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """What is over cannot be cancelled."""
        found = super().get_actions_detail(request, object_id)
        rebuild = self.get_object(request, str(object_id)) if found else None
        return found if rebuild and rebuild.state == State.RUNNING else []

    def get_urls(self) -> list[URLPattern]:
        """And what the pages ask for again and again."""
        parts = [
            path("lag/", self.admin_site.admin_view(self.lag_view), name="events_rebuild_lag"),
            path("<int:pk>/progress/", self.admin_site.admin_view(self.progress_view), name="events_rebuild_progress"),
        ]
        return parts + super().get_urls()

    def lag_view(self, request: HttpRequest) -> HttpResponse:
        """The table of the read models."""
        self._refuse_strangers(request)
        return render(request, "admin/events/read_models_lag.html", _lags())

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far one rebuild is; once it is over, the whole page."""
        self._refuse_strangers(request)
        rebuild = self._existing(request, str(pk))
        response = render(request, "admin/events/rebuild_progress.html", _page(rebuild))
        if rebuild.state != State.RUNNING:
            response["HX-Refresh"] = "true"
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the read models on top."""
        context = _lags() if self.has_view_permission(request) else {}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One rebuild."""
        rebuild = self.get_object(request, object_id)
        context = _page(rebuild) if rebuild else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _refuse_strangers(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Http404

    def _existing(self, request: HttpRequest, object_id: str) -> Rebuild:
        rebuild = self.get_object(request, object_id)
        if rebuild is None:
            raise Http404
        return rebuild


def _lags() -> dict[str, Any]:
    return {
        "lags": [_row(one) for one in lag()],
        "limit": COUNT_LIMIT,
        "lag_url": reverse("admin:events_rebuild_lag"),
    }


def _row(one: Lag) -> dict[str, Any]:
    letters_url = reverse("admin:events_deadletter_changelist")
    return {
        "lag": one,
        "state": gettext(one.state),
        "color": _LIVE_COLORS[one.state],
        "age": duration(one.behind_seconds) if one.behind_count else "–",
        "letters_url": f"{letters_url}?{urlencode({'subscriber': one.projection})}",
        "is_running": one.rebuild is not None and one.rebuild.state == State.RUNNING,
        "rebuild_url": reverse("admin:events_rebuild_change", args=[one.rebuild.pk]) if one.rebuild else "",
    }


def _page(rebuild: Rebuild) -> dict[str, Any]:
    return {
        "rebuild": rebuild,
        "color": STATE_COLORS[rebuild.state],
        "banner": "stopped" if rebuild.state == State.FAILED else "paused",
        "share": rebuild.permille / 10,
        "is_running": rebuild.state == State.RUNNING,
        "created_at": moment(rebuild.created_at),
        "finished_at": moment(rebuild.finished_at),
        "progress_url": reverse("admin:events_rebuild_progress", args=[rebuild.pk]),
    }
