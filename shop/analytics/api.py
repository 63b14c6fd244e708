"""What was sold, for staff."""

from datetime import UTC, date, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.analytics.models import DailySales
from shop.analytics.permissions import MaySeeSales
from shop.analytics.queries import BestSeller, best_sellers, daily_sales
from shop.catalog.models import FALLBACK_LANGUAGE
from shop.problems import problems

MOST_DAYS = 366
_REFUSED = problems(
    on_400="A parameter is not valid; see `errors`.",
    on_401="No valid token or session.",
    on_403="Not allowed for this user.",
)


class StretchInput(serializers.Serializer):
    """The days to look at: so many, the last of them today (UTC)."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=30)

    @property
    def stretch(self) -> tuple[date, date]:
        """The first and the last of them."""
        today = timezone.now().astimezone(UTC).date()
        return today - timedelta(days=self.validated_data["days"] - 1), today


class BestSellersInput(StretchInput):
    """And how many products to show."""

    count = serializers.IntegerField(min_value=1, max_value=100, default=10)


class BestSellerDocument(serializers.Serializer):
    """A product with the pieces that were sold and kept, and what was paid for them."""

    sku = serializers.CharField(source="product.sku")
    name = serializers.SerializerMethodField(help_text="In the language of the request.")
    unit_count = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=18, decimal_places=2)
    currency = serializers.CharField()

    def get_name(self, best: BestSeller) -> str:
        """Else in English."""
        return best.product.name_in(get_language() or FALLBACK_LANGUAGE)


class DailySalesDocument(serializers.ModelSerializer):
    """What was sold on a day (UTC) in one currency, and what came back on it."""

    class Meta:
        model = DailySales
        fields: ClassVar = [
            "day", "currency", "order_count", "first_order_count", "unit_count", "gross", "discount", "shipping_fee",
            "tax", "cancelled", "cancelled_unit_count", "returned", "returned_unit_count",
        ]  # fmt: skip


class BestSellersView(APIView):
    """GET /api/sales/best-sellers/"""

    permission_classes: ClassVar = [MaySeeSales]

    @extend_schema(
        summary="The products that sold best",
        parameters=[BestSellersInput],
        responses={200: BestSellerDocument(many=True), **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        """`?days=1` is today."""
        asked = _read(BestSellersInput, request)
        found = best_sellers(*asked.stretch, asked.validated_data["count"])
        return Response(BestSellerDocument(found, many=True).data)


class DailySalesView(APIView):
    """GET /api/sales/days/"""

    permission_classes: ClassVar = [MaySeeSales]

    @extend_schema(
        summary="What was sold each day",
        parameters=[StretchInput],
        responses={200: DailySalesDocument(many=True), **_REFUSED},
    )
    def get(self, request: Request) -> Response:
        """The newest first; days without sales are left out."""
        return Response(DailySalesDocument(daily_sales(*_read(StretchInput, request).stretch), many=True).data)


def _read(form_class: type[Any], request: Request) -> Any:
    form = form_class(data=request.query_params)
    form.is_valid(raise_exception=True)
    return form
