"""Checkout for everybody."""

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import permissions
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.accounts.throttles import Throttled
from shop.carts.models import Cart
from shop.carts.operations import customer_cart, guest_cart
from shop.customers.models import Customer
from shop.customers.permissions import customer_of
from shop.errors import CardDeclined, ChargeKeyClosed, InvalidInput, RequestInProgress
from shop.idempotency.views import KEY_PARAMETER, REPLAYED_PARAMETER, AnswersOnce
from shop.orders.checkout_documents import CheckoutInput, ReceiptDocument, request_language
from shop.orders.models import Order
from shop.orders.operations import check_out
from shop.orders.operations.drafting import Buyer, Details
from shop.orders.queries import full_orders
from shop.pricing.goods import LineWish
from shop.problems import problems

OWN_CART = "own"
_ONCE = """Reserves the stock, charges the card and answers; everything else happens after the answer.

**Send an `Idempotency-Key`.** When the answer is lost (a timeout, a broken connection, a 502, 503 or 504), send the
same request with the same key again: it is answered as it was, and nothing is bought twice. While the first request is
not decided the answer is 409 with `Retry-After`; after a crash that is settled within the hour. Another body with the
same key is refused with 422. What was refused with 400 or 403 was not begun: mend it and keep the key. After a declined
card use a new key. Answers are kept for a day."""


class CheckoutView(AnswersOnce, Throttled, APIView):
    """Where customers pay."""

    permission_classes: ClassVar = [permissions.AllowAny]
    throttle_scope = "checkout"
    throttle_spares_staff = True  # a till sells more than a customer buys

    @extend_schema(
        summary="Buy",
        description=_ONCE,
        parameters=[KEY_PARAMETER, REPLAYED_PARAMETER],
        request=CheckoutInput,
        responses={
            201: ReceiptDocument,
            **problems(
                on_400="Fields are not valid, or there is no Idempotency-Key; see `errors`.",
                on_401="The token is not valid; guests send none.",
                on_402="The card was declined; nothing was charged and the stock is free again.",
                on_403="A line brings a `unit_price`, and this user may not agree prices.",
                on_409="Not enough stock (`errors` say of what), a coupon that does not count, an order that expired, "
                "or a request in progress with this key.",
                on_422="The key was used for another request.",
                on_429="Too many orders from one user or address; `Retry-After` says when to come back.",
                on_503="The payment provider did not answer; `detail` says what is known.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Buy."""
        form = CheckoutInput(data=request.data)
        form.is_valid(raise_exception=True)
        if form.asks_for_prices and not _may_agree_prices(request.user):
            raise PermissionDenied(_("Only staff with the permission to agree prices can give a unit_price."))
        buyer = _buyer(request, form)

        def sell(payment_key: uuid.UUID) -> Response:
            details, wishes = _details(request, form, buyer)
            card = form.payment_card
            order = check_out(buyer, wishes, card, now=timezone.now(), details=details, payment_key=payment_key)
            return Response(ReceiptDocument(order).data, status=201)

        return self.answer_once(request, "checkout", sell, _what_became_of)


def _what_became_of(payment_key: uuid.UUID) -> Response | None:
    """The order is the truth. Raises RequestInProgress, CardDeclined and ChargeKeyClosed."""
    order = full_orders().filter(payment_key=payment_key).first()
    if order is None:
        return None
    if order.status == Order.Status.PENDING:
        raise RequestInProgress
    if order.status == Order.Status.DECLINED:
        raise CardDeclined(reason="declined")
    if order.status == Order.Status.EXPIRED:
        raise ChargeKeyClosed
    return Response(ReceiptDocument(order).data, status=201)


def _buyer(request: Request, form: CheckoutInput) -> Buyer:
    """A customer who is logged in buys for nobody else; staff sell to anybody."""
    customer, typed = customer_of(request), form.validated_data.get("customer")
    if customer and not (typed and request.user.is_staff):
        if typed and typed["email"] != customer.email:
            raise _refused("customer.email", "not_you", _("You are logged in with another address."))
        return Buyer(customer=customer)
    if not typed:
        raise _refused("customer", "required", _("This field is required."))
    return Buyer(**{"language": request_language(), **typed})


def _details(request: Request, form: CheckoutInput, buyer: Buyer) -> tuple[Details, list[LineWish]]:
    given = form.validated_data
    cart = _cart(request, given["cart"]) if "cart" in given else None
    details = Details(
        currency=given.get("currency") or (cart.currency if cart else ""),
        coupon_code=given.get("coupon") or (cart.coupon_code if cart else ""),
        shipping_address=given.get("shipping_address") or _default(buyer.customer, "is_default_shipping"),
        billing_address=given.get("billing_address") or _default(buyer.customer, "is_default_billing"),
        cart=cart,
        affiliate=given.get("affiliate", ""),
        is_counter_sale=_may_agree_prices(request.user),
    )
    return details, _wishes(cart) if cart else form.wishes


def _cart(request: Request, name: str) -> Cart:
    """One's own, or the guest's of that token."""
    customer = customer_of(request)
    found = (customer_cart(customer) if customer else None) if name == OWN_CART else guest_cart(name)
    if found is None:
        raise _refused("cart", "unknown", _("There is no such cart."))
    return found


def _wishes(cart: Cart) -> list[LineWish]:
    lines = cart.lines.select_related("product", "variant")
    if not lines:
        raise _refused("cart", "empty", _("The cart is empty."))
    return [LineWish(line.sku, line.quantity) for line in lines]


def _default(customer: Customer | None, which: str) -> dict[str, str]:
    address = customer.addresses.filter(**{which: True}).first() if customer else None
    return address.snapshot() if address else {}


def _refused(field: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput([{"field": field, "code": code, "detail": detail}])


def _may_agree_prices(user: Any) -> bool:
    return user.is_staff and user.has_perm("orders.agree_prices")
