"""django-celery-results in the admin: the same dead letters as Celery reports them, readable."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_celery_results.models import GroupResult, TaskResult
from unfold.decorators import display

from events.admin.filters import TaskName, TaskState, when
from events.admin.reading import ReadOnlyAdmin
from events.admin.rendering import code, moment, traceback_html
from events.admin.stories import delivery_url
from events.models import Delivery
from events.subscribers import DeliveryKey

admin.site.unregister(TaskResult)
admin.site.unregister(GroupResult)  # no groups are used, and its table stays empty

STATE_COLORS = {"SUCCESS": "success", "FAILURE": "danger", "RETRY": "warning", "STARTED": "info", "PENDING": "info"}


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    """What Celery stored about tasks: the final failures."""

    list_display = ["shown_task", "shown_status", "shown_worker", "shown_done", "shown_id"]
    list_filter = [TaskState, TaskName, when("date_done")]
    search_fields = ["task_id"]
    search_help_text = _("Task id")
    change_form_template = "admin/events/task_result.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskResult]:
        """With no more of long texts than a list shows."""
        return super().get_queryset(request).defer("traceback", "result", "task_args", "task_kwargs", "meta")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact, by index."""
        text = search_term.strip().replace("\0", "")
        return (queryset.filter(task_id=text) if text else queryset), False

    @display(description=_("task"))
    def shown_task(self, result: TaskResult) -> SafeString:
        """The subscriber's name."""
        return code(result.task_name)

    @display(description=_("state"), label=STATE_COLORS)
    def shown_status(self, result: TaskResult) -> str:
        """In Celery's words."""
        return result.status

    @display(description=_("worker"), empty_value="–")
    def shown_worker(self, result: TaskResult) -> SafeString | None:
        """The process that ran it."""
        return code(result.worker) if result.worker else None

    @display(description=_("finished at"))
    def shown_done(self, result: TaskResult) -> SafeString:
        """To the millisecond."""
        return moment(result.date_done)

    @display(description=_("task id"))
    def shown_id(self, result: TaskResult) -> SafeString:
        """The delivery's name."""
        return code(result.task_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What Celery stored, and the way to the delivery."""
        result = self.get_object(request, object_id)
        context = self._page(result) if result else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _page(self, result: TaskResult) -> dict[str, Any]:
        delivery = delivery_of(result.task_id)
        return {
            "result": result,
            "color": STATE_COLORS.get(result.status, "info"),
            "done_at": moment(result.date_done),
            "traceback": traceback_html(result.traceback or ""),
            "delivery": delivery,
            "delivery_url": delivery_url(delivery) if delivery else "",
        }


def delivery_of(task_id: str) -> Delivery | None:
    """The delivery that a task was, if it was one."""
    with suppress(ValueError):
        key = DeliveryKey.parse(task_id)
        rows = Delivery.objects.filter(event__id=key.event_id, subscriber=key.subscriber, run=key.run)
        return rows.select_related("event").first()
    return None
