"""What is bought together, for everybody."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.catalog.queries import named, shown_products
from shop.problems import problems
from shop.recommendations.queries import Companion, bought_with

_NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The product's slug or SKU.")


class CompanionDocument(serializers.Serializer):
    """A product that others bought with it."""

    sku = serializers.CharField(source="product.sku")
    slug = serializers.CharField(source="product.slug")
    name = serializers.SerializerMethodField(help_text="In the language of the request.")
    price = serializers.DecimalField(source="product.price.amount", max_digits=14, decimal_places=2)
    currency = serializers.CharField(source="product.price_currency")
    order_count = serializers.IntegerField(help_text="In how many orders the two were together.")

    @extend_schema_field(OpenApiTypes.STR)
    def get_name(self, companion: Companion) -> str:
        """Translated."""
        return companion.product.name_in(self.context["language"])


class BoughtTogetherView(APIView):
    """GET /api/products/<slug or SKU>/bought-together/"""

    permission_classes: ClassVar = [permissions.AllowAny]

    @extend_schema(
        summary="What customers bought together with a product, the most often first",
        parameters=[_NAME],
        responses={
            200: CompanionDocument(many=True),
            **problems(on_401="The token is not valid.", on_404="No such product."),
        },
    )
    def get(self, request: Request, name: str) -> Response:
        """At most twelve, and only what is for sale."""
        product = named(shown_products(), name)
        if product is None:
            raise Http404
        context: dict[str, Any] = {"language": request.LANGUAGE_CODE}
        return Response(CompanionDocument(bought_with(product), many=True, context=context).data)
