"""Sagas in the admin: where each run is, what it did, and what people can do about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from events.admin.asking import REASON_LIMIT, ReasonForm, dialog, show
from events.admin.filters import ChoiceFilter, Choices
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, moment, payload_html
from events.admin.replaying import replay_letters
from events.admin.saga_diagram import diagram_of
from events.cause import acting_as
from events.errors import UnknownSaga
from events.models import Saga, SagaNote
from events.sagas.definition import definitions
from events.sagas.letters import dead_letters_of
from events.sagas.operations import give_up_saga
from events.sagas.views import views

State = Saga.State
STATE_COLORS = {
    State.RUNNING.value: "info",
    State.COMPENSATING.value: "warning",
    State.FAILED.value: "danger",
    State.COMPLETED.value: "success",
    State.COMPENSATED.value: "default",
}


class NoteForm(BaseDialogForm):
    """What somebody has to say about a run."""

    text = forms.CharField(label=_("Note"), max_length=REASON_LIMIT, widget=UnfoldAdminTextareaWidget({"rows": 3}))


_RETRY = dialog(
    _("Run the dead step again?"),
    _("Its dead letter is replayed. When it is done this time, the saga goes on from there."),
    _("Retry"),
)
_COMPENSATE = dialog(
    _("Give this saga up?"),
    _("Once the steps that are out have settled, what was done is undone in reverse order. It cannot be taken back."),
    _("Compensate"),
)
_ANNOTATE = dialog(_("Add a note"), _("It is kept with the saga, with your name and the time."), _("Add"), NoteForm)


class StateOfSaga(ChoiceFilter):
    """Running, compensating …"""

    title = _("state")
    parameter_name = "state"
    choices_of = list(State.choices)


class NameOfSaga(ChoiceFilter):
    """Those that this code has."""

    title = _("saga")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """By name."""
        return [(name, name) for name in sorted(definitions())]


@admin.register(Saga)
class SagaAdmin(ReadOnlyAdmin):
    """Every run of every saga."""

    list_display = ["shown_name", "shown_key", "shown_state", "shown_place", "shown_started", "shown_finished"]
    list_filter = [StateOfSaga, NameOfSaga]
    search_fields = ["key"]
    search_help_text = _("The business key, such as order-42")
    change_form_template = "admin/events/saga.html"
    actions_detail = ["retry_it", "compensate_it", "annotate_it"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Saga]:
        """With steps."""
        return super().get_queryset(request).prefetch_related("steps")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact, by index."""
        key = search_term.strip().replace("\0", "")
        return (queryset.filter(key=key) if key else queryset), False

    def has_retry_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own."""
        return self.has_view_permission(request) and request.user.has_perm("events.retry_saga")

    def has_compensate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Another one: what was done is undone."""
        return self.has_view_permission(request) and request.user.has_perm("events.compensate_saga")

    def has_annotate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """And one for words."""
        return self.has_view_permission(request) and request.user.has_perm("events.annotate_saga")

    @display(description=_("saga"))
    def shown_name(self, saga: Saga) -> SafeString:
        """As the code calls it."""
        return code(saga.name)

    @display(description=_("key"))
    def shown_key(self, saga: Saga) -> SafeString:
        """What it is about."""
        return code(saga.key)

    @display(description=_("state"), label=STATE_COLORS)
    def shown_state(self, saga: Saga) -> tuple[str, str]:
        """Coloured."""
        return saga.state, saga.get_state_display()

    @display(description=_("now at"), empty_value="–")
    def shown_place(self, saga: Saga) -> SafeString | None:
        """The steps that are open."""
        names = [one.step for one in saga.steps.all() if one.state in ("waiting", "due")]
        return code(", ".join(names)) if names else None

    @display(description=_("started at"))
    def shown_started(self, saga: Saga) -> SafeString:
        """To the millisecond."""
        return moment(saga.started_at)

    @display(description=_("finished at"))
    def shown_finished(self, saga: Saga) -> SafeString:
        """The same."""
        return moment(saga.finished_at)

    @action(description=_("Retry"), url_path="retry", icon="replay", permissions=["retry"], dialog=_RETRY)
    def retry_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The dialog makes this a POST."""
        saga = self._saga(request, object_id)
        report = replay_letters(dead_letters_of(saga), request.user.get_username(), form.cleaned_data["reason"])
        self.message_user(request, report.text(), messages.SUCCESS if report.replay else messages.WARNING)
        return _page_of(request, saga)

    @action(
        description=_("Compensate"), url_path="compensate", icon="undo", permissions=["compensate"], dialog=_COMPENSATE
    )
    def compensate_it(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The same."""
        saga = self._saga(request, object_id)
        try:
            with transaction.atomic(), acting_as(f"user:{request.user.pk}"):
                given_up = give_up_saga(
                    saga.name, saga.key, reason=form.cleaned_data["reason"], by=request.user.get_username()
                )
        except UnknownSaga:
            given_up = False
        if given_up:
            self.message_user(request, gettext("The saga is being compensated."), messages.SUCCESS)
        else:
            self.message_user(request, gettext("This saga cannot be given up any more."), messages.WARNING)
        return _page_of(request, saga)

    @action(description=_("Add a note"), url_path="annotate", icon="edit", permissions=["annotate"], dialog=_ANNOTATE)
    def annotate_it(self, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        """The same."""
        saga = self._saga(request, object_id)
        SagaNote.objects.create(saga=saga, author=request.user.get_username(), text=form.cleaned_data["text"])
        return _page_of(request, saga)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """Only what its state allows."""
        found = super().get_actions_detail(request, object_id)
        saga = self.get_object(request, str(object_id)) if found else None
        possible = {"annotate"}
        if saga and saga.state in (State.RUNNING, State.FAILED):
            possible.add("compensate")
        if saga and dead_letters_of(saga):
            possible = {"annotate", "retry"} | (possible if saga.state == State.RUNNING else set())
        return [one for one in found if one.path in possible]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The run as a diagram, and in words."""
        saga = self.get_object(request, object_id)
        context = _page(saga) if saga else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _saga(self, request: HttpRequest, object_id: str) -> Saga:
        saga: Saga | None = self.get_object(request, object_id)
        if saga is None:
            raise Http404
        return saga


def _page_of(request: HttpRequest, saga: Saga) -> HttpResponse:
    return show(request, reverse("admin:events_saga_change", args=[saga.pk]))


def _page(saga: Saga) -> dict[str, Any]:
    (view,) = views([saga])
    known = definitions().get(saga.name)
    events_url, letters_url = reverse("admin:events_event_changelist"), reverse("admin:events_deadletter_changelist")
    stream = f"saga-{saga.name}-{saga.key}"
    return {
        "saga": saga,
        "color": STATE_COLORS[saga.state],
        "started_at": moment(saga.started_at),
        "finished_at": moment(saga.finished_at),
        "diagram": diagram_of(view, known.plan if known else None),
        "is_known": known is not None,
        "data": payload_html(saga.data),
        "notes": [(one, moment(one.written_at)) for one in saga.notes.all()],
        "stream_url": f"{events_url}?{urlencode({'q': stream})}",
        "letters_url": f"{letters_url}?{urlencode({'q': stream})}",
    }
