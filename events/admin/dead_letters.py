"""Dead letters in the admin: replay them, or discard them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_results.models import TaskResult
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display

from events.admin.asking import ReasonForm, ask_for_reason, dialog, reason_for, show
from events.admin.deliveries import DeliveryPages, task_id_of
from events.admin.filters import DeadLetterSubscriber, LetterState, LikeErrors, when
from events.admin.rendering import error_line
from events.admin.replaying import Report, discard_letters, replay_letters
from events.failure import class_of
from events.models import Attempt, DeadLetter, Delivery, Outcome, ReplayItem

STATE_COLORS = {"open": "danger", "asked": "info", "done": "success", "dead": "danger", "discarded": "warning"}
_REPLAY = dialog(
    _("Run this delivery again?"),
    _("The subscriber runs again on the event exactly as the log has it, as a new run. The dead run stays as history."),
    _("Replay"),
)
_REPLAY_SEVERAL = dialog(
    _("Run these deliveries again?"),
    _("Each subscriber runs again on the event exactly as the log has it. The dead runs stay as history."),
    _("Replay"),
)
_DISCARD = dialog(
    _("Discard this delivery?"),
    _("It will never run, and what waits behind it in its lane goes on. The record of it stays."),
    _("Discard"),
)
_DISCARD_SEVERAL = dialog(
    _("Discard these deliveries?"),
    _("They will never run, and what waits behind them in their lanes goes on. The record of them stays."),
    _("Discard"),
)


@admin.register(DeadLetter)
class DeadLetterAdmin(DeliveryPages):
    """Deliveries that ran out of attempts or were rejected."""

    list_display = ["shown_subscriber", "shown_event", "shown_error", "attempts", "shown_state", "shown_finished"]
    list_filter = [LetterState, LikeErrors, DeadLetterSubscriber, when("finished_at")]
    actions = ["replay_selected", "discard_selected"]
    actions_row = ["replay_one", "discard_one"]
    actions_detail = ["replay_one", "discard_one"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The dead, with the last error, the newest later run, and whether one is on its way."""
        same = {"event": OuterRef("event"), "subscriber": OuterRef("subscriber")}
        later = Delivery.objects.filter(**same, run__gt=OuterRef("run")).order_by("-run")
        last = Attempt.objects.filter(**same, run=OuterRef("run")).order_by("-number")
        items = ReplayItem.objects.filter(**same, run__gt=OuterRef("run"), state__in=["waiting", "sent"])
        return (
            super()
            .get_queryset(request)
            .filter(outcome=Outcome.DEAD)
            .annotate(
                newest_run=Subquery(later.values("run")[:1]),
                newest_outcome=Subquery(later.values("outcome")[:1]),
                is_under_way=Exists(items),
                error=Subquery(last.annotate(start=Left("message", 120)).values("start")[:1]),
            )
        )

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own: looking is not enough."""
        return self.has_view_permission(request) and request.user.has_perm("events.replay_delivery")

    def has_discard_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Another one: what is discarded never runs."""
        return self.has_view_permission(request) and request.user.has_perm("events.discard_delivery")

    @display(description=_("error"))
    def shown_error(self, letter: Any) -> SafeString:
        """Its class and the start of its message."""
        return error_line(class_of(letter.fingerprint), letter.error or "")

    @display(description=_("state"), label=STATE_COLORS)
    def shown_state(self, letter: Any) -> tuple[str, str]:
        """Open, or what the replay came to."""
        if letter.newest_run is not None:
            outcome = Outcome(letter.newest_outcome)
            return outcome.value, gettext("run {run}: {outcome}").format(run=letter.newest_run, outcome=outcome.label)
        if letter.is_under_way:
            return "asked", gettext("replay under way")
        return "open", gettext("open")

    @action(description=_("Replay"), url_path="replay", icon="replay", permissions=["replay"], dialog=_REPLAY)
    def replay_one(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The dialog makes this a POST: a GET only shows it."""
        letter = self._letter(request, object_id)
        self._tell(request, replay_letters([letter], request.user.get_username(), form.cleaned_data["reason"]))
        return show(request, reverse("admin:events_deadletter_change", args=[letter.pk]))

    @action(description=_("Discard"), url_path="discard", icon="delete", permissions=["discard"], dialog=_DISCARD)
    def discard_one(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """The same for giving it up for good."""
        letter = self._letter(request, object_id)
        self._tell(request, discard_letters([letter], request.user.get_username(), form.cleaned_data["reason"]))
        return show(request, reverse("admin:events_deadletter_change", args=[letter.pk]))

    @action(description=_("Replay"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """From the list, for those that were ticked."""
        if (reason := reason_for(request)) is None:
            return ask_for_reason(self, request, queryset, _REPLAY_SEVERAL)
        self._tell(request, replay_letters(_in_order(queryset), request.user.get_username(), reason))
        return None

    @action(description=_("Discard"), permissions=["discard"])
    def discard_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """The same for giving them up for good."""
        if (reason := reason_for(request)) is None:
            return ask_for_reason(self, request, queryset, _DISCARD_SEVERAL)
        self._tell(request, discard_letters(_in_order(queryset), request.user.get_username(), reason))
        return None

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """No button on what was replayed already, or is just being."""
        found = super().get_actions_detail(request, object_id)
        letter = self.get_object(request, str(object_id)) if found else None
        return found if letter and letter.newest_run is None and not letter.is_under_way else []

    def page(self, delivery: Delivery) -> dict[str, Any]:
        """A delivery's page, with what was done about it."""
        state, words = self.shown_state(delivery)
        task_result = TaskResult.objects.filter(task_id=task_id_of(delivery)).values_list("pk", flat=True).first()
        return super().page(delivery) | {
            "letter": delivery,
            "state": state,
            "state_words": words,
            "task_result_url": task_result
            and reverse("admin:django_celery_results_taskresult_change", args=[task_result]),
        }

    def _letter(self, request: HttpRequest, object_id: str) -> DeadLetter:
        letter = self.get_object(request, object_id)
        if letter is None:
            raise Http404
        return letter

    def _tell(self, request: HttpRequest, report: Report) -> None:
        self.message_user(request, report.text(), messages.SUCCESS if report.replay else messages.WARNING)


def _in_order(letters: QuerySet[Any]) -> Sequence[Delivery]:
    return list(letters.order_by("pk"))
