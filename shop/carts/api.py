"""Carts of guests and customers. A guest shows the cart's secret token; nobody can name another's cart."""

from typing import ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shop.accounts.throttles import ScopedThrottle
from shop.carts.documents import (
    CartChangeInput,
    CartDocument,
    CartLineInput,
    MergeInput,
    NewCartDocument,
    QuantityInput,
)
from shop.carts.models import Cart
from shop.carts.operations import TOKEN_HEADER, add, change, customer_cart, guest_cart, merge, open_guest_cart, remove
from shop.carts.queries import price_cart
from shop.customers.permissions import IsCustomer, customer_of
from shop.problems import problems

_TOKEN = OpenApiParameter(
    TOKEN_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A guest's cart; customers who log in need none.",
)
_UNKNOWN = problems(on_401="The token of the log-in is not valid.", on_404="No such cart, or no such line in it.")
_INVALID = problems(on_400="Fields are not valid; see `errors`.")
LARGEST_ID = 2**63 - 1


class CartPage(APIView):
    """Finds the caller's cart: a customer's own, or a guest's by its token."""

    permission_classes: ClassVar = [permissions.AllowAny]

    def cart(self, request: Request) -> Cart:
        """Raises Http404."""
        if customer := customer_of(request):
            return customer_cart(customer)
        token = request.headers.get(TOKEN_HEADER, "")
        if (found := guest_cart(token) if token else None) is None:
            raise Http404
        return found

    def shown(self, cart: Cart, status: int = 200) -> Response:
        """With the prices of now."""
        return Response(CartDocument(price_cart(cart, now=timezone.now())).data, status=status)


class CartView(CartPage):
    """The cart as a whole."""

    throttle_scope = "cart"

    def get_throttles(self) -> list[BaseThrottle]:
        """Anybody can open carts, and each is kept for weeks."""
        return [ScopedThrottle()] if self.request.method == "POST" else []

    @extend_schema(summary="Your cart, priced now", parameters=[_TOKEN], responses={200: CartDocument, **_UNKNOWN})
    def get(self, request: Request) -> Response:
        """Prices, fees and taxes as they are now."""
        return self.shown(self.cart(request))

    @extend_schema(
        summary="Open a guest's cart",
        request=None,
        responses={
            201: NewCartDocument,
            **problems(
                on_401="The token of the log-in is not valid.",
                on_429="Too many carts; `Retry-After` says when to come back.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """The token is shown here and nowhere else. Whoever has it has the cart."""
        cart, token = open_guest_cart()
        return Response(
            NewCartDocument(price_cart(cart, now=timezone.now()), context={"token": token}).data, status=201
        )

    @extend_schema(
        summary="Coupon, currency and destination",
        parameters=[_TOKEN],
        request=CartChangeInput,
        responses={200: CartDocument, **_UNKNOWN, **_INVALID},
    )
    def patch(self, request: Request) -> Response:
        """For the prices that are shown. A coupon that does not count is told in `problems`."""
        form = CartChangeInput(data=request.data)
        form.is_valid(raise_exception=True)
        cart = self.cart(request)
        for field, value in form.changes().items():
            setattr(cart, field, value)
        cart.save(update_fields=[*form.changes(), "updated_at"])
        return self.shown(cart)


class CartLinesView(CartPage):
    """Putting things in."""

    @extend_schema(
        summary="Put something into the cart",
        parameters=[_TOKEN],
        request=CartLineInput,
        responses={201: CartDocument, **_UNKNOWN, **_INVALID},
    )
    def post(self, request: Request) -> Response:
        """Of what is in it already, there are more afterwards."""
        form = CartLineInput(data=request.data)
        form.is_valid(raise_exception=True)
        cart = self.cart(request)
        add(cart, **form.validated_data)
        return self.shown(cart, 201)


class CartLineView(CartPage):
    """One line."""

    @extend_schema(
        summary="Change how many",
        parameters=[_TOKEN],
        request=QuantityInput,
        responses={200: CartDocument, **_UNKNOWN, **_INVALID},
    )
    def patch(self, request: Request, line_id: int) -> Response:
        """Set the number of pieces."""
        form = QuantityInput(data=request.data)
        form.is_valid(raise_exception=True)
        cart = self.cart(request)
        return self._shown_if(line_id <= LARGEST_ID and change(cart, line_id, form.validated_data["quantity"]), cart)

    @extend_schema(summary="Take a line out", parameters=[_TOKEN], responses={200: CartDocument, **_UNKNOWN})
    def delete(self, request: Request, line_id: int) -> Response:
        """Take it out."""
        cart = self.cart(request)
        return self._shown_if(line_id <= LARGEST_ID and remove(cart, line_id), cart)

    def _shown_if(self, found: bool, cart: Cart) -> Response:
        if not found:
            raise Http404
        return self.shown(cart)


class CartMergeView(CartPage):
    """For clients that log in without showing the guest's cart."""

    permission_classes: ClassVar = [IsCustomer]

    @extend_schema(
        summary="Pour a guest's cart into your own",
        request=MergeInput,
        responses={
            200: CartDocument,
            **_INVALID,
            **problems(on_401="No valid token or session.", on_403="This account has no customer."),
        },
    )
    def post(self, request: Request) -> Response:
        """A cart that is gone already changes nothing, so it may be sent again."""
        form = MergeInput(data=request.data)
        form.is_valid(raise_exception=True)
        return self.shown(merge(form.validated_data["token"], customer_of(request)))
