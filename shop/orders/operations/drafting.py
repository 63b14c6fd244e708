"""Drafting an order: what is bought, for how much, to where. Reads tables, writes nothing."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.carts.models import Cart
from shop.customers.models import Customer
from shop.errors import InvalidInput
from shop.orders.models import Order, OrderLine
from shop.pricing.goods import (
    LineWish,
    Thing,
    common_currency,
    priced,
    refuse_what_is_not_for_sale,
    things_by_sku,
)
from shop.pricing.quotes import Quote, quote
from shop.pricing.terms import Place, TermsBook, is_place_needed

MAX_TOTAL = Decimal("999999999999.99")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: as typed in at the counter, or the `customer` who is logged in."""

    email: str = ""
    name: str = ""
    language: str = "en"
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What else there is to say about an order.

    Without a `currency`, it is the products' own. Addresses are snapshots as in Order. `is_counter_sale` allows an
    order without an address where taxes or shipping fees depend on it: staff sell at the counter.
    """

    currency: str = ""
    coupon_code: str = ""
    shipping_address: Mapping[str, str] = field(default_factory=dict)
    billing_address: Mapping[str, str] = field(default_factory=dict)
    cart: Cart | None = None
    affiliate: str = ""
    is_counter_sale: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An order and its lines that are not stored yet."""

    order: Order
    lines: list[OrderLine]


def draft(wishes: Sequence[LineWish], details: Details, payment_key: uuid.UUID, *, now: datetime) -> Draft:
    """Raises InvalidInput and CouponRefused."""
    things = things_by_sku({wish.sku for wish in wishes})
    refuse_what_is_not_for_sale(wishes, things)
    book = TermsBook(details.currency or _currency(wishes, things, details))
    terms = book.terms(_place(details), details.coupon_code, now=now)
    quoted = quote(priced(wishes, things, book), terms)
    if quoted.subtotal.amount > MAX_TOTAL or quoted.total.amount > MAX_TOTAL:
        raise InvalidInput([{"field": "lines", "code": "max_value", "detail": _("The order's total is too large.")}])
    return Draft(_order(quoted, details, payment_key), _lines(wishes, things, quoted))


def _currency(wishes: Sequence[LineWish], things: Mapping[str, Thing], details: Details) -> str:
    """A cart has been shown in the currency of its first line."""
    return things[wishes[0].sku].product.price_currency if details.cart else common_currency(wishes, things)


def _place(details: Details) -> Place | None:
    if address := details.shipping_address:
        return Place(address["country"], address.get("region", ""))
    if not details.is_counter_sale and is_place_needed():
        detail = _("Taxes and shipping depend on where the parcel goes; give the address.")
        raise InvalidInput([{"field": "shipping_address", "code": "required", "detail": detail}])
    return None


def _order(quoted: Quote, details: Details, payment_key: uuid.UUID) -> Order:
    nothing = Money(0, quoted.total.currency)
    return Order(
        payment_key=payment_key,
        subtotal=quoted.subtotal,
        discount=quoted.discount,
        shipping_fee=quoted.shipping_fee,
        tax=quoted.tax,
        total=quoted.total,
        cancelled_total=nothing,
        returned_total=nothing,
        coupon_code=quoted.coupon_code,
        shipping_address=dict(details.shipping_address),
        billing_address=dict(details.billing_address or details.shipping_address),
        cart=details.cart,
        affiliate=details.affiliate,
        line_count=len(quoted.lines),
        unit_count=sum(line.good.quantity for line in quoted.lines),
    )


def _lines(wishes: Sequence[LineWish], things: Mapping[str, Thing], quoted: Quote) -> list[OrderLine]:
    return [
        OrderLine(
            position=position,
            product=things[wish.sku].product,
            variant=things[wish.sku].variant,
            quantity=line.good.quantity,
            unit_price=line.good.unit_price,
            discount=line.discount,
            tax=line.tax,
        )
        for position, (wish, line) in enumerate(zip(wishes, quoted.lines, strict=True), 1)
    ]
