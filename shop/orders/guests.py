"""Guests find their order again with its number and their e-mail address."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import permissions
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.accounts.throttles import Throttled
from shop.orders.documents import LookUpInput, OrderDocument
from shop.orders.queries import found_by_guest
from shop.problems import problems


class OrderLookUpView(Throttled, APIView):
    """A POST, for addresses do not belong into URLs; and throttled, for numbers can be guessed."""

    permission_classes: ClassVar = [permissions.AllowAny]
    throttle_scope = "look-up"

    @extend_schema(
        summary="Find an order by its number and e-mail address",
        request=LookUpInput,
        responses={
            200: OrderDocument,
            **problems(
                on_400="Fields are not valid; see `errors`.",
                on_401="The token is not valid; guests send none.",
                on_404="No such order was placed with this address.",
                on_429="Too many tries; `Retry-After` says when to come back.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """The number alone, or a wrong address, finds nothing."""
        form = LookUpInput(data=request.data)
        form.is_valid(raise_exception=True)
        if (order := found_by_guest(**form.validated_data)) is None:
            raise NotFound
        return Response(OrderDocument(order).data)
