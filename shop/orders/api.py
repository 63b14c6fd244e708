"""Checkout for everybody, orders for staff."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import permissions, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.orders.documents import (
    CancelInput,
    CheckoutInput,
    OrderDocument,
    OrderSummary,
    ReceiptDocument,
    asks_for_prices,
)
from shop.orders.models import Order
from shop.orders.operations import cancel, check_out
from shop.orders.queries import full_orders, listed_orders
from shop.pages import StableOrdering
from shop.problems import problems

_STAFF_ONLY = problems(on_401="No valid token or session.", on_403="Not allowed for this user.")
_UNKNOWN = problems(on_404="No such order.")
_ONCE = """Reserves the stock, charges the card and answers; everything else happens after the answer.

**Every request is an order of its own.** When the answer is lost (a timeout, a broken connection, a 502 or 504), the
order may have been placed and paid. Do not send the request again blindly: look first. Staff find the orders of a
customer, newest first, with `GET /api/orders/?customer=someone@example.com`; one that is `pending` is settled within
the hour. Every answer that is listed below was not lost: it says whether there is an order."""


class CheckoutView(APIView):
    """Where customers pay."""

    permission_classes: ClassVar = [permissions.AllowAny]

    @extend_schema(
        summary="Buy",
        description=_ONCE,
        request=CheckoutInput,
        responses={
            201: ReceiptDocument,
            **problems(
                on_400="Fields are not valid; see `errors`.",
                on_401="The token is not valid; customers send none.",
                on_402="The card was declined; nothing was charged and the stock is free again.",
                on_403="A line brings a `unit_price`, and this user may not agree prices.",
                on_409="Not enough stock; `errors` say of which product.",
                on_503="The payment provider did not answer; `detail` says what is known.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Buy."""
        form = CheckoutInput(data=request.data)
        form.is_valid(raise_exception=True)
        if asks_for_prices(form.validated_data) and not _may_agree_prices(request.user):
            raise PermissionDenied(_("Only staff with the permission to agree prices can give a unit_price."))
        order = check_out(form.buyer, form.wishes, form.payment_card, now=timezone.now())
        return Response(ReceiptDocument(order).data, status=201)


class MayHandleOrders(permissions.BasePermission):
    """Staff who may view orders; cancelling needs orders.cancel_order too, for it answers with the order."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """By action."""
        needed = ["orders.view_order", *(["orders.cancel_order"] if view.action == "cancel" else [])]
        return request.user.is_staff and request.user.has_perms(needed)


class OrderFilters(filters.FilterSet):
    """?status=paid&customer=someone@example.com"""

    customer = filters.CharFilter("customer__email", lookup_expr="iexact")

    class Meta:
        model = Order
        fields = ["status"]


@extend_schema_view(
    list=extend_schema(summary="Orders, newest first", responses={200: OrderSummary(many=True), **_STAFF_ONLY}),
    retrieve=extend_schema(
        summary="One order with its lines", responses={200: OrderDocument, **_STAFF_ONLY, **_UNKNOWN}
    ),
)
class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    """Orders, for staff."""

    permission_classes: ClassVar = [MayHandleOrders]
    filter_backends: ClassVar = [filters.DjangoFilterBackend, StableOrdering]
    filterset_class = OrderFilters
    ordering_fields: ClassVar = ["created_at", "placed_at", "total"]
    lookup_field = "number"
    lookup_value_regex = r"[^/\x00]+"

    def get_queryset(self) -> QuerySet[Order]:
        """Lines only where they are shown."""
        return listed_orders() if self.action == "list" else full_orders()

    def get_serializer_class(self) -> type[OrderSummary]:
        """Lines only where they are shown."""
        return OrderSummary if self.action == "list" else OrderDocument

    @extend_schema(
        summary="Cancel an order or a part of it, and refund it",
        request=CancelInput,
        responses={
            200: OrderDocument,
            **_STAFF_ONLY,
            **_UNKNOWN,
            **problems(
                on_400="Fields are not valid; see `errors`.",
                on_409="Not that much is left to cancel.",
                on_503="The payment provider did not answer; the cancellation is kept and completed later.",
            ),
        },
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, number: str) -> Response:
        """Refunds the money, puts the pieces back into the stock, and emits order.cancelled."""
        form = CancelInput(data=request.data)
        form.is_valid(raise_exception=True)
        order = self.get_object()
        cancel(order, form.quantities, by=f"user:{request.user.pk}", reason=form.validated_data["reason"])
        return Response(OrderDocument(self.get_object()).data)


def _may_agree_prices(user: Any) -> bool:
    return user.is_staff and user.has_perm("orders.agree_prices")
