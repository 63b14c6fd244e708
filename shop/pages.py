"""Lists come in numbered pages, and no row is on two of them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class ShopPagination(PageNumberPagination):
    """`?page=2&page_size=50`; at most 100 a page."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100


class StableOrdering(OrderingFilter):
    """`?ordering=-price`, and equals by primary key: else the database may give them another order for each page."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> list[str] | None:
        """None leaves the order of the model or of the search, which has no equals."""
        ordering = super().get_ordering(request, queryset, view)
        return [*ordering, "pk"] if ordering else None
