"""How the shop is doing, for staff."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.analytics.permissions import MaySeeSales
from shop.dashboard.operations import figures
from shop.problems import problems

_FRESH = OpenApiParameter(
    "fresh", OpenApiTypes.BOOL, description="`true` has the figures computed now, however young they are."
)


class RevenueDocument(serializers.Serializer):
    """Money in one currency: all that was sold, and what is left of it after cancellations and returns."""

    currency = serializers.CharField()
    gross = serializers.CharField()
    amount = serializers.CharField()


class DayDocument(serializers.Serializer):
    """One day (UTC)."""

    day = serializers.DateField()
    order_count = serializers.IntegerField()
    first_order_count = serializers.IntegerField(help_text="Orders of customers who had never ordered before.")
    unit_count = serializers.IntegerField()
    revenue = RevenueDocument(many=True)


class TopProductDocument(serializers.Serializer):
    """A product that sold well."""

    sku = serializers.CharField()
    unit_count = serializers.IntegerField()
    revenue = serializers.CharField()
    currency = serializers.CharField()


class LateOrderDocument(serializers.Serializer):
    """An order that was not shipped in time."""

    number = serializers.CharField()
    status = serializers.CharField()
    placed_at = serializers.DateTimeField()


class LateDocument(serializers.Serializer):
    """Orders that were not shipped in time; the count ends at 1,000."""

    count = serializers.IntegerField()
    oldest = LateOrderDocument(many=True)


class DashboardDocument(serializers.Serializer):
    """The figures, as they were at `computed_at`."""

    today = DayDocument()
    yesterday = DayDocument()
    top_products = TopProductDocument(many=True, help_text="Of the last seven days.")
    top_products_of_month = TopProductDocument(many=True, help_text="Of the last thirty days.")
    late = LateDocument()
    held_count = serializers.IntegerField()
    computed_at = serializers.DateTimeField()
    stale = serializers.BooleanField(help_text="They are older than a minute and could not be computed just now.")


class DashboardView(APIView):
    """GET /api/dashboard/"""

    permission_classes: ClassVar = [MaySeeSales]

    @extend_schema(
        summary="How the shop is doing",
        parameters=[_FRESH],
        responses={
            200: DashboardDocument,
            **problems(on_401="No valid token or session.", on_403="Not allowed for this user."),
        },
    )
    def get(self, request: Request) -> Response:
        """At most a minute old."""
        return Response(figures(timezone.now(), fresh=request.query_params.get("fresh") == "true"))
