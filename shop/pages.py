"""Lists come in pages, numbered or by cursor, and no row is on two of them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from djmoney.money import Money
from rest_framework.exceptions import NotFound
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request


class ShopPagination(PageNumberPagination):
    """`?page=2&page_size=50`; at most 100 a page."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100


class CursorPages(CursorPagination):
    """For lists that only grow: `next` and `previous` lead on, nothing is counted, and what is new meanwhile moves no
    row to another page. Order by fields that are never null."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        """A page. Raises NotFound also for a cursor that somebody made up."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, ArithmeticError) as error:
            raise NotFound(self.invalid_cursor_message) from error

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str | None:
        """Money by its amount: its text has a currency sign, by which no database can compare."""
        field = ordering[0].lstrip("-")
        value = instance[field] if isinstance(instance, dict) else getattr(instance, field)
        return (
            str(value.amount) if isinstance(value, Money) else super()._get_position_from_instance(instance, ordering)
        )


class StableOrdering(OrderingFilter):
    """`?ordering=-price`, and equals by primary key: else the database may give them another order for each page."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> list[str] | None:
        """None leaves the order of the model or of the search, which has no equals."""
        ordering = super().get_ordering(request, queryset, view)
        return [*ordering, "pk"] if ordering else None
