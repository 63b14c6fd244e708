"""Stock levels, for staff."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shop.following import FOLLOWING, follow
from shop.pages import ShopPagination
from shop.problems import problems
from shop.shelves.models import StockLevel
from shop.shelves.queries import found_by_sku, levels

LEVELS = "stock.levels"
_SKU = OpenApiParameter("sku", OpenApiTypes.STR, description="The SKU, or how it begins.")


class StockLevelDocument(serializers.ModelSerializer):
    """The pieces of a product without variants, or of a variant. `on_hand` is counted − sold + put_back; what of it is
    reserved for orders under way is not available."""

    sku = serializers.CharField(read_only=True)
    on_hand = serializers.IntegerField(read_only=True)
    available = serializers.IntegerField(read_only=True, help_text="Pieces that can be ordered now.")

    class Meta:
        model = StockLevel
        fields: ClassVar = ["sku", "counted", "sold", "put_back", "on_hand", "available"]
        read_only_fields = fields


class MaySeeStock(permissions.BasePermission):
    """Staff who may see the stock."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """As in the admin."""
        return request.user.is_staff and request.user.has_perm("stock.view_stockitem")


class StockLevelsView(generics.ListAPIView):
    """GET /api/stock/"""

    permission_classes: ClassVar = [MaySeeStock]
    serializer_class = StockLevelDocument
    pagination_class = ShopPagination
    filter_backends: ClassVar = []

    def get_queryset(self) -> QuerySet[StockLevel]:
        """By the keys of the products."""
        sku = self.request.query_params.get("sku", "")
        rows = levels().order_by("product_id", "variant_id")
        return found_by_sku(rows, sku) if sku and "\x00" not in sku else rows

    @extend_schema(
        summary="How many pieces there are of everything",
        parameters=[_SKU, *FOLLOWING],
        responses={
            200: StockLevelDocument(many=True),
            **problems(
                on_400="`after` is not valid; see `errors`.",
                on_401="No valid token or session.",
                on_403="Not allowed for this user.",
            ),
        },
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        behind = follow(request, LEVELS)
        return Response(self.list(request).data, headers=behind)
