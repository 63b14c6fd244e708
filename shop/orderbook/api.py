"""Reading orders: the list and the single order, from the order book. What changes orders is in shop/orders/api.py."""

from typing import ClassVar

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from shop.following import FOLLOWING, follow
from shop.orderbook.documents import ListedOrder, detail_document
from shop.orderbook.filters import OrderFilters, OrderSearch
from shop.orderbook.models import OrderListEntry
from shop.orderbook.queries import detailed_orders, listed_orders
from shop.orders.documents import OrderDocument, OrderSummary
from shop.orders.permissions import MayHandleOrder, visible_to
from shop.orders.queries import shown_orders
from shop.pages import CursorPages, StableOrdering
from shop.problems import problems

BOOK = "orders.book"
_SHOWN = problems(on_401="No valid token or session.")


@extend_schema_view(
    list=extend_schema(
        summary="Orders that were placed, newest first",
        parameters=[*FOLLOWING],
        responses={200: OrderSummary(many=True), **_SHOWN, **problems(on_400="A filter is not valid; see `errors`.")},
    ),
    retrieve=extend_schema(
        summary="One order with its lines",
        parameters=[*FOLLOWING],
        responses={
            200: OrderDocument,
            **_SHOWN,
            **problems(
                on_400="`after` is not valid; see `errors`.",
                on_404="No such order of yours; staff who may view orders find everybody's.",
            ),
        },
    ),
)
class OrderBookViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """One's own orders; for staff who may view orders, all of them."""

    permission_classes: ClassVar = [MayHandleOrder]
    queryset = OrderListEntry.objects.none()
    serializer_class = ListedOrder
    pagination_class = CursorPages
    filter_backends: ClassVar = [DjangoFilterBackend, OrderSearch, StableOrdering]
    filterset_class = OrderFilters
    ordering_fields: ClassVar = ["created_at", "total"]
    ordering: ClassVar = ["-order_id"]
    lookup_field = "number"
    lookup_value_regex = r"[^/\x00]+"

    def get_queryset(self) -> QuerySet[OrderListEntry]:
        """With who bought."""
        return listed_orders(self.request.user)

    def list(self, request: Request) -> Response:
        """A page of them, by one query that reads one table by an index."""
        behind = follow(request, BOOK)
        return Response(super().list(request).data, headers=behind)

    def retrieve(self, request: Request, number: str) -> Response:
        """What is not in the book is composed from the tables: an order that was placed just now, or not yet."""
        behind = follow(request, BOOK)
        detail = detailed_orders(request.user).filter(entry__number=number).first()
        if detail is not None:
            return Response(detail_document(detail, request.user), headers=behind)
        order = visible_to(request.user, shown_orders()).filter(number=number).first()
        if order is None:
            raise NotFound
        return Response(OrderDocument(order, context=self.get_serializer_context()).data, headers=behind)
