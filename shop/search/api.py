"""`?search=` on the list of products."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from shop.catalog.models import Product
from shop.search.queries import LONGEST_TEXT, find_products


class ProductSearch(BaseFilterBackend):
    """Finds products by words in any of their languages."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Product], view: APIView) -> QuerySet[Product]:
        """The products that match, the best first."""
        return find_products(queryset, request.query_params.get("search", ""))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """For the OpenAPI pages."""
        description = f"Words to find, in English or Arabic; the first {LONGEST_TEXT} characters count."
        return [
            {
                "name": "search",
                "in": "query",
                "required": False,
                "description": description,
                "schema": {"type": "string"},
            }
        ]
