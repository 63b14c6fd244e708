"""Products as they are sold: the catalogue together with the stock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from shop.catalog.api import ProductDocument, ProductInput
from shop.catalog.models import Product
from shop.catalog.operations import create_products, update_product
from shop.catalog.queries import all_products, named, shown_products
from shop.errors import InvalidInput
from shop.pages import StableOrdering
from shop.problems import problems
from shop.stock.operations import set_stock
from shop.strict import StrictIntegerField, StrictSerializer

MAX_STOCK = 1_000_000_000
_REFUSED = problems(
    on_400="Fields are not valid.", on_401="No valid token or session.", on_403="Not allowed for this user."
)
_NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The product's slug or SKU.")


class StockedProductDocument(ProductDocument):
    """A product in the language of the request, with the pieces available."""

    available = serializers.SerializerMethodField()

    class Meta(ProductDocument.Meta):
        fields: ClassVar = [*ProductDocument.Meta.fields, "available"]

    def get_available(self, product: Product) -> int:
        """Pieces that can be ordered now."""
        return product.stock.available if hasattr(product, "stock") else 0


class StockInput(StrictSerializer):
    """The stock of a product."""

    available = StrictIntegerField(min_value=0, max_value=MAX_STOCK)
    low_at = StrictIntegerField(min_value=0, max_value=1_000_000, required=False)

    def validate(self, values: dict[str, int]) -> dict[str, int]:
        """Required even when the product around it is given in part."""
        if "available" not in values:
            raise serializers.ValidationError({"available": [_("This field is required.")]}, code="required")
        return values


class StockedProductInput(ProductInput):
    """The simple form of a product, with its stock."""

    stock = StockInput(required=False)


class MayWriteCatalogue(permissions.BasePermission):
    """Anybody reads; writing needs the model's add or change permission."""

    needed: ClassVar = {"POST": "catalog.add_product", "PATCH": "catalog.change_product"}

    def has_permission(self, request: Request, view: Any) -> bool:
        """Staff with the permission, or a reader."""
        if request.method in permissions.SAFE_METHODS:
            return True
        return request.user.is_staff and request.user.has_perm(
            self.needed.get(request.method, "catalog.change_product")
        )


@extend_schema_view(
    list=extend_schema(summary="Products that are for sale", responses={200: StockedProductDocument(many=True)}),
    retrieve=extend_schema(
        summary="One product by slug or SKU",
        parameters=[_NAME],
        responses={200: StockedProductDocument, **problems(on_404="No such product.")},
    ),
)
class ProductViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The shop window. Names and descriptions follow `Accept-Language`."""

    permission_classes: ClassVar = [MayWriteCatalogue]
    serializer_class = StockedProductDocument
    filter_backends: ClassVar = [StableOrdering]
    ordering_fields: ClassVar = ["sku", "price", "created_at"]
    lookup_field = "name"
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> QuerySet[Product]:
        """Customers see what is active, staff see all; stock and texts come along in two queries."""
        user = self.request.user if self.request else None
        sees_all = user is not None and user.is_staff and user.has_perm("catalog.view_product")
        return (all_products() if sees_all else shown_products()).select_related("stock")

    def get_object(self) -> Product:
        """By slug or SKU."""
        if (product := named(self.get_queryset(), self.kwargs["name"])) is None:
            raise Http404
        return product

    def retrieve(self, request: Request, name: str) -> Response:
        """One product."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Create a product",
        request=StockedProductInput,
        responses={201: StockedProductDocument, **_REFUSED},
    )
    def create(self, request: Request) -> Response:
        """A product with texts, price and stock; emits product.created."""
        form = StockedProductInput(data=request.data)
        form.is_valid(raise_exception=True)
        with transaction.atomic(), _uniqueness_races():
            (product,) = create_products([form.new_product()])
            _set_stock(product, form.validated_data.get("stock", {"available": 0}))
        return self._document(product, 201)

    @extend_schema(
        summary="Change a product",
        parameters=[_NAME],
        request=StockedProductInput(partial=True),
        responses={200: StockedProductDocument, **_REFUSED, **problems(on_404="No such product.")},
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """Any of the fields; emits one product.updated with all that changed."""
        product = self.get_object()
        form = StockedProductInput(product, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        with transaction.atomic(), _uniqueness_races():
            update_product(product, form.changes(), form.validated_data.get("translations", {}))
            _set_stock(product, form.validated_data.get("stock"))
        return self._document(product, 200)

    def _document(self, product: Product, status: int) -> Response:
        fresh = all_products().select_related("stock").get(pk=product.pk)
        return Response(self.get_serializer(fresh).data, status=status)


@contextmanager
def _uniqueness_races() -> Iterator[None]:
    """Two requests with one SKU may both pass validation; the database lets one through."""
    try:
        yield
    except IntegrityError as error:
        detail = _("Another product has this SKU or slug already.")
        raise InvalidInput([{"field": "sku", "code": "unique", "detail": detail}]) from error


def _set_stock(product: Product, stock: dict[str, int] | None) -> None:
    if stock:
        set_stock({product.pk: stock["available"]}, low_at=stock.get("low_at"))
