"""What all pages of the platform have in common: nobody edits, and no list reads a whole table."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from events.admin.searching import Term

#: How far back a list looks for a value that has no index; a search by id or stream looks everywhere.
WINDOW_ROWS = 100_000


class NewestFirst(ChangeList):
    """Always in the order of the primary key: sorting by another column would read the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        """The newest row on top."""
        return ["-pk"]

    def get_ordering_field_columns(self) -> dict[int, str]:
        """No column is marked as the one that sorts."""
        return {}


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the platform writes and people only look at."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    list_disable_select_all = True
    list_before_template = "admin/events/window.html"
    sortable_by = ()
    actions: Any = ()

    class Media:
        css = {"all": ["events/console.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the platform writes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the platform writes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the platform deletes."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The filters of the list, and no lookup by hand: most of those would read the whole table."""
        return request is not None and lookup in [one.parameter_name for one in self.get_list_filter(request)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The newest first."""
        return NewestFirst

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact, by index: event id, correlation id, stream, position, or task id."""
        term = Term.parse(search_term)
        return (queryset.filter(**self.found_by(term)) if term else queryset), False

    def found_by(self, term: Term) -> dict[str, Any]:
        """The filter for a search; rows that belong to an event are found by their event."""
        found: dict[str, Any] = {"event__in": term.positions()}
        if term.key:
            found |= {"subscriber": term.key.subscriber, "run": term.key.run}
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say so when a list does not look all the way back."""
        windowed = any(request.GET.get(name) for name in self.windowed_parameters(request))
        context = {"window_rows": WINDOW_ROWS if windowed else None}
        return super().changelist_view(request, context | (extra_context or {}))

    def windowed_parameters(self, request: HttpRequest) -> list[str]:
        """The parameters of the filters that look at the newest rows only."""
        return [one.parameter_name for one in self.get_list_filter(request) if getattr(one, "windowed", False)]


def within_window(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The newest rows of a table, as many as may be read one by one."""
    newest = queryset.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return queryset.filter(pk__gt=(newest or 0) - WINDOW_ROWS)
