"""Dead letters in the admin, and the one action of this console: replay."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_results.models import TaskResult
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from events.admin.deliveries import DeliveryPages, task_id_of
from events.admin.filters import DeadLetterSubscriber, ReplayState, when
from events.admin.reading import NewestFirst
from events.admin.rendering import error_line, moment
from events.admin.replaying import replay_each
from events.models import Attempt, DeadLetter, Delivery, Outcome

_REPLAY_DIALOG = {
    "title": _("Run this delivery again?"),
    "description": _(
        "The subscriber runs again on the event exactly as the log has it, as a new run. The dead run stays as history."
    ),
    "form_submit_text": _("Replay"),
}


class WithRequests(NewestFirst):
    """Knows of each letter whether somebody asked for a replay: one query for the page, since the log of the admin has
    no index that a query per letter could use."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """The page, and what was asked for."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        asked = set(requests_of(*self.result_list).values_list("object_id", flat=True))
        for letter in self.result_list:
            letter.was_asked = str(letter.pk) in asked


@admin.register(DeadLetter)
class DeadLetterAdmin(DeliveryPages):
    """Deliveries that ran out of attempts or were rejected."""

    list_display = ["shown_subscriber", "shown_event", "shown_error", "attempts", "shown_state", "shown_finished"]
    list_filter = [ReplayState, DeadLetterSubscriber, when("finished_at")]
    actions = ["replay_selected"]
    actions_row = ["replay_one"]
    actions_detail = ["replay_one"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The dead, with the last error and the newest later run."""
        same = {"event": OuterRef("event"), "subscriber": OuterRef("subscriber")}
        later = Delivery.objects.filter(**same, run__gt=OuterRef("run")).order_by("-run")
        last = Attempt.objects.filter(**same, run=OuterRef("run")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .filter(outcome=Outcome.DEAD)
            .annotate(
                newest_run=Subquery(later.values("run")[:1]),
                newest_outcome=Subquery(later.values("outcome")[:1]),
                error=Subquery(last.annotate(start=Left("message", 120)).values("start")[:1]),
            )
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirst]:
        """The newest first, with what was asked for."""
        return WithRequests

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own: looking is not enough."""
        return self.has_view_permission(request) and request.user.has_perm("events.replay_delivery")

    @display(description=_("error"))
    def shown_error(self, letter: Any) -> SafeString:
        """Its class and the start of its message."""
        return error_line(letter.fingerprint.partition(" in ")[0], letter.error or "")

    @display(description=_("state"), label={"open": "danger", "asked": "info", "done": "success", "dead": "danger"})
    def shown_state(self, letter: Any) -> tuple[str, str]:
        """Open, or what the replay came to."""
        if letter.newest_run is not None:
            outcome = Outcome(letter.newest_outcome)
            return outcome.value, gettext("run {run}: {outcome}").format(run=letter.newest_run, outcome=outcome.label)
        if letter.was_asked:
            return "asked", gettext("replay under way")
        return "open", gettext("open")

    @action(description=_("Replay"), url_path="replay", icon="replay", permissions=["replay"], dialog=_REPLAY_DIALOG)
    def replay_one(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """The dialog makes this a POST: a GET only shows it."""
        letter = self.get_object(request, object_id)
        if letter is None:
            raise Http404
        self._replay(request, [letter])
        url = reverse("admin:events_deadletter_change", args=[letter.pk])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    @action(description=_("Replay"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """From the list, for those that were ticked."""
        self._replay(request, list(queryset.order_by("pk")))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """No button on what was replayed already."""
        found = super().get_actions_detail(request, object_id)
        letter = self.get_object(request, str(object_id)) if found else None
        return found if letter and letter.newest_run is None else []

    def page(self, delivery: Delivery) -> dict[str, Any]:
        """A delivery's page, with what was done about it."""
        requests = list(requests_of(delivery).select_related("user").order_by("-action_time"))
        letter: Any = delivery
        letter.was_asked = bool(requests)
        state, words = self.shown_state(letter)
        task_result = TaskResult.objects.filter(task_id=task_id_of(delivery)).values_list("pk", flat=True).first()
        return super().page(delivery) | {
            "letter": letter,
            "state": state,
            "state_words": words,
            "requests": [(one.user, moment(one.action_time)) for one in requests],
            "task_result_url": task_result
            and reverse("admin:django_celery_results_taskresult_change", args=[task_result]),
        }

    def _replay(self, request: HttpRequest, letters: list[DeadLetter]) -> None:
        report = replay_each(
            letters, lambda letter, key: self.log_change(request, letter, f"Replayed as run {key.run}")
        )
        self.message_user(request, report.text(), messages.SUCCESS if report.replayed else messages.WARNING)


def requests_of(*letters: Delivery) -> QuerySet[LogEntry]:
    """Who asked for a replay of them, and when."""
    return LogEntry.objects.filter(
        content_type=get_content_type_for_model(DeadLetter),
        object_id__in=[str(letter.pk) for letter in letters],
        action_flag=CHANGE,
    )
