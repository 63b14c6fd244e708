"""Buying: validate, reserve, charge, confirm. The charge takes the money, or (PAYMENT_CAPTURE) has the bank reserve it
until it is captured; either way the order is paid.

one transaction          no transaction       one transaction
pending order ─┐         ┌─ charged ────────▶ placed, paid; order.placed, order.paid; out of the cart
use coupon ────┼▶ charge ┼─ declined ───────▶ declined, stock and coupon freed
reserve stock ─┘         └─ no answer ──────▶ close the key: charged? confirm. Not? expired, stock and coupon freed.
                                              No answer again? Stays pending for settle_abandoned.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from shop.carts.operations import is_still_in, take_out
from shop.customers.operations import find_or_create
from shop.errors import CardDeclined, CartIsBought, ChargeKeyClosed, PaymentUnavailable, RequestInProgress
from shop.orders.models import Order, OrderLine
from shop.orders.operations.drafting import Buyer, Details, Draft, draft
from shop.payments import operations as payments
from shop.payments.provider import Card, Charge
from shop.pricing import coupons
from shop.pricing.goods import LineWish
from shop.stock.operations import put_back, reserve

Status = Order.Status
_NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class Pieces:
    """What lines take off the stock, by product id and by variant id, summed over lines of one thing."""

    products: dict[int, int]
    variants: dict[int, int]


def check_out(
    buyer: Buyer,
    wishes: Sequence[LineWish],
    card: Card,
    *,
    now: datetime,
    details: Details = _NO_DETAILS,
    payment_key: uuid.UUID | None = None,
) -> Order:
    """Sell. Returns the paid order, whose `lines` need no query.

    Of two calls with one `payment_key`, one sells; the other raises RequestInProgress. Of two with one cart, one sells;
    the other raises CartIsBought. Raises InvalidInput, CouponRefused, NotEnoughStock, CardDeclined, PaymentUnavailable
    and ChargeKeyClosed; only a PaymentUnavailable that says so keeps the stock reserved. Must not run inside a
    transaction.
    """
    drafted = draft(wishes, details, payment_key or uuid.uuid4(), now=now)
    order = drafted.order
    _reserve(drafted, buyer, now)
    try:
        charge = _charge(order, card)
    except CardDeclined:
        free(order, Status.DECLINED)
        raise
    except ChargeKeyClosed:
        free(order, Status.EXPIRED)
        raise
    except PaymentUnavailable:
        charge = _ask_again(order)
    return confirm(order, charge, now=now)


def confirm(order: Order, charge: Charge | None, *, now: datetime) -> Order:
    """A charged (or free) order becomes placed and paid, in one transaction with both events; safe to repeat.

    Raises ChargeKeyClosed for a free order that expired meanwhile; a charged one cannot expire.
    """
    with transaction.atomic():
        if _lock_pending(order):
            order.place(now)
            order.save(update_fields=["status", "placed_at"])
            order.pay(charge.id if charge else "", now if charge is None or charge.is_captured else None)
            order.save(update_fields=["status", "charge_id", "captured_at"])
            if order.cart_id:
                take_out(
                    order.cart_id, [(line.product_id, line.variant_id, line.quantity) for line in order.lines.all()]
                )
            return order
    order.refresh_from_db()
    if order.status == Status.EXPIRED:
        raise ChargeKeyClosed
    return order


def free(order: Order, status: str) -> None:
    """Give back the stock and the coupon of a pending order that will never be paid; safe to repeat."""
    with transaction.atomic():
        if _lock_pending(order):
            if order.coupon_code:
                coupons.give_back(order.payment_key)  # before the stock, as when it was reserved
            pieces = pieces_of(order.lines.all())
            put_back(pieces.products, pieces.variants)
            (order.decline if status == Status.DECLINED else order.expire)()
            order.save(update_fields=["status"])


def pieces_of(lines: Iterable[OrderLine]) -> Pieces:
    """What the lines take; a variant has a stock of its own, and takes nothing off its product's."""
    products: Counter[int] = Counter()
    variants: Counter[int] = Counter()
    for line in lines:
        if line.variant_id:
            variants[line.variant_id] += line.quantity
        else:
            products[line.product_id] += line.quantity
    return Pieces(dict(products), dict(variants))


def _reserve(drafted: Draft, buyer: Buyer, now: datetime) -> None:
    order, lines = drafted.order, drafted.lines
    try:
        with transaction.atomic():
            order.customer = buyer.customer or find_or_create(
                email=buyer.email, name=buyer.name, language=buyer.language
            )
            _refuse_cart_bought_twice(order, lines)
            order.save(force_insert=True)
            for line in lines:
                line.order = order
            OrderLine.objects.bulk_create(lines)
            if order.coupon_code:
                coupons.take(order.coupon_code, order.customer, order.payment_key, now=now)
            pieces = pieces_of(lines)
            reserve(pieces.products, pieces.variants)  # last, so that the locks on popular products are short
    except IntegrityError as error:
        if Order.objects.filter(payment_key=order.payment_key).exists():
            raise RequestInProgress from error
        raise
    _remember_lines(order, lines)


def _refuse_cart_bought_twice(order: Order, lines: Sequence[OrderLine]) -> None:
    """Whoever clicks twice wants one of it. The cart's lock comes before those of coupon and stock."""
    if order.cart_id is None:
        return
    wanted: Counter[tuple[int, int | None]] = Counter()
    for line in lines:
        wanted[line.product_id, line.variant_id] += line.quantity
    is_there = is_still_in(order.cart_id, wanted)
    if not is_there or Order.objects.filter(cart=order.cart_id, status=Status.PENDING).exists():
        raise CartIsBought


def _remember_lines(order: Order, lines: list[OrderLine]) -> None:
    """As prefetch_related would, from what is at hand."""
    loaded = OrderLine.objects.filter(order=order)
    loaded._result_cache = lines
    order._prefetched_objects_cache = {"lines": loaded}


def _charge(order: Order, card: Card) -> Charge | None:
    if not order.total:
        return None
    return payments.charge(order.total, card, str(order.payment_key), capture=payments.captures_at_checkout())


def _ask_again(order: Order) -> Charge:
    try:
        charge = payments.close_key(str(order.payment_key))
    except PaymentUnavailable as error:
        why = _("Order {number} is kept and settled within the hour; please do not order again.")
        raise PaymentUnavailable(why=why.format(number=order.number)) from error
    if charge is None:
        free(order, Status.EXPIRED)
        raise PaymentUnavailable(why=_("Nothing was charged; please try again later."))
    return charge


def _lock_pending(order: Order) -> bool:
    status = Order.objects.select_for_update().filter(pk=order.pk).values_list("status", flat=True).first()
    return status == Status.PENDING
