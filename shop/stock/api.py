"""Products as they are sold: the catalogue together with the stock."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from shop.catalog.api import ProductDocument, SubmissionReceipt, receipt_of
from shop.catalog.document import Changes, Core, Document, read_document
from shop.catalog.models import Product, Submission
from shop.catalog.parts import PARTS
from shop.catalog.queries import HAS_VARIANTS, all_products, named, shown_products
from shop.catalog.submitting import submit_changes, submit_new
from shop.catalog.versions import is_known, refuse_other_edition
from shop.following import FOLLOWING, follow
from shop.pages import StableOrdering
from shop.problems import problems
from shop.stock.filters import ProductFilter
from shop.stock.operations import set_stock
from shop.stock.queries import pieces
from shop.stock.showing import StockedProductDetail, composed_answer, written_answer

SHOWCASE = "products.showcase"
_REFUSED = problems(
    on_400="Fields are not valid.", on_401="No valid token or session.", on_403="Not allowed for this user."
)
_NOT_CHANGED = problems(on_404="No such product.", on_412="It was changed after the sender read it.")
_NAME = OpenApiParameter(
    "name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The product's slug, its SKU or its id."
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag that came with the product: only if nobody has edited it since.",
)
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="ETags of answers that the reader has."
)


class StockedProductDocument(ProductDocument):
    """A product in the language of the request, with the pieces available."""

    available = serializers.IntegerField(read_only=True, help_text="Pieces that can be ordered now, of all variants.")
    has_variants = serializers.BooleanField(read_only=True, help_text="It is bought by the SKU of one of its variants.")

    class Meta(ProductDocument.Meta):
        fields: ClassVar = [*ProductDocument.Meta.fields, "available", "has_variants"]


class MayWriteCatalogue(permissions.BasePermission):
    """Anybody reads; writing needs the model's add or change permission."""

    needed: ClassVar = {"POST": "catalog.add_product", "PUT": "catalog.change_product"}

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
        summary="One product by slug, SKU or id, with all its parts",
        parameters=[_NAME, _IF_NONE_MATCH, *FOLLOWING],
        responses={
            200: StockedProductDetail,
            304: OpenApiResponse(description="The reader has this answer already."),
            **problems(on_400="`after` is not valid; see `errors`.", on_404="No such product."),
        },
    ),
)
class ProductViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The shop window. Names and descriptions follow `Accept-Language`."""

    permission_classes: ClassVar = [MayWriteCatalogue]
    serializer_class = StockedProductDocument
    filter_backends: ClassVar = [DjangoFilterBackend, StableOrdering]
    filterset_class = ProductFilter
    ordering_fields: ClassVar = ["sku", "price", "created_at", "updated_at"]
    lookup_field = "name"
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> QuerySet[Product]:
        """Customers see what is active, staff see all; pieces and texts come along in two queries."""
        user = self.request.user if self.request else None
        sees_all = user is not None and user.is_staff and user.has_perm("catalog.view_product")
        seen = all_products() if sees_all else shown_products()
        return seen.annotate(available=pieces(), has_variants=HAS_VARIANTS)

    def get_object(self) -> Product:
        """By slug, SKU or id."""
        if (product := named(self.get_queryset(), self.kwargs["name"])) is None:
            raise Http404
        return product

    def retrieve(self, request: Request, name: str) -> Response:
        """One product with all its parts: as it was written down, with what must be true now beside it. While a
        document of its is being written, or nothing is written down yet, it is composed from all its tables."""
        behind = follow(request, SHOWCASE)
        product = named(self.get_queryset().prefetch_related(None), name)
        if product is None:
            raise Http404
        context = self.get_serializer_context()
        answer, tag = written_answer(product, context) or composed_answer(product.pk, context)
        if is_known(tag, request.headers.get("If-None-Match", "")):
            return Response(status=304, headers={"ETag": tag, **behind})
        return Response(answer, headers={"ETag": tag, **behind})

    @extend_schema(
        summary="Create a product with all its parts",
        request=Document,
        responses={201: SubmissionReceipt, 202: SubmissionReceipt, **_REFUSED},
    )
    def create(self, request: Request) -> Response:
        """The core is there at once, and its parts behind the request: 202 says that they are on their way."""
        document = read_document(request.data)
        return self._receipt(submit_new(document, and_then=_stock_of(document)), 201)

    @extend_schema(
        summary="Replace a product",
        parameters=[_NAME, _IF_MATCH],
        request=Document,
        responses={200: SubmissionReceipt, 202: SubmissionReceipt, **_REFUSED, **_NOT_CHANGED},
    )
    def update(self, request: Request, name: str) -> Response:
        """The whole document: parts that it does not have become empty."""
        return self._change(request, read_document(request.data), list(PARTS))

    @extend_schema(
        summary="Change a product",
        parameters=[_NAME, _IF_MATCH],
        request=Changes,
        responses={200: SubmissionReceipt, 202: SubmissionReceipt, **_REFUSED, **_NOT_CHANGED},
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """Only what is given: a part takes the place of the one before."""
        document = read_document(request.data, Changes)
        return self._change(request, document, document.given_parts)

    def _change(self, request: Request, document: Core, parts: list[str]) -> Response:
        if_match = request.headers.get("If-Match", "")
        submission = submit_changes(
            self.get_object(),
            document,
            parts,
            check=lambda product: refuse_other_edition(product, if_match),
            and_then=_stock_of(document),
        )
        return self._receipt(submission, 200)

    def _receipt(self, submission: Submission, status_when_done: int) -> Response:
        receipt = receipt_of(submission, self.request)
        is_done = submission.state == Submission.State.PROCESSED
        return Response(receipt, status=status_when_done if is_done else 202, headers={"Location": receipt["url"]})


def _stock_of(document: Core) -> Callable[[Product], None]:
    def write(product: Product) -> None:
        if stock := document.stock:
            set_stock({product.pk: stock.available}, low_at=stock.low_at)

    return write
