"""Buying: validate, reserve, charge, confirm.

one transaction          no transaction       one transaction
pending order ─┐         ┌─ charged ────────▶ placed, paid; order.placed, order.paid
reserve stock ─┴▶ charge ┼─ declined ───────▶ declined, stock freed
                         └─ no answer ──────▶ close the key: charged? confirm. Not? expired, stock freed.
                                              No answer again? Stays pending for settle_abandoned.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.catalog.models import Product
from shop.catalog.queries import sellable_by_sku
from shop.customers.operations import find_or_create
from shop.errors import CardDeclined, ChargeKeyClosed, FieldErrors, InvalidInput, PaymentUnavailable
from shop.orders.models import Order, OrderLine
from shop.payments import operations as payments
from shop.payments.provider import Card, Charge
from shop.stock.operations import put_back, reserve

MAX_TOTAL = Decimal("999999999999.99")
Status = Order.Status


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as typed in at the counter."""

    email: str
    name: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class LineWish:
    """So many pieces of a SKU; `unit_price` only where staff agreed one, else the catalogue's price."""

    sku: str
    quantity: int
    unit_price: Decimal | None = None


def check_out(buyer: Buyer, wishes: Sequence[LineWish], card: Card, *, now: datetime) -> Order:
    """Sell. Returns the paid order, whose `lines` need no query.

    Raises InvalidInput, NotEnoughStock, CardDeclined, PaymentUnavailable and ChargeKeyClosed; only a PaymentUnavailable
    that says so keeps the stock reserved. Must not run inside a transaction.
    """
    lines = _priced_lines(wishes)
    order = _new_order(lines)
    _reserve(order, buyer, lines)
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
            order.status, order.placed_at = Status.PLACED, now
            order.save(update_fields=["status", "placed_at"])
            order.status, order.charge_id = Status.PAID, charge.id if charge else ""
            order.save(update_fields=["status", "charge_id"])
            return order
    order.refresh_from_db()
    if order.status == Status.EXPIRED:
        raise ChargeKeyClosed
    return order


def free(order: Order, status: str) -> None:
    """Give back the stock of a pending order that will never be paid; safe to repeat."""
    with transaction.atomic():
        if _lock_pending(order):
            put_back(quantities_of(order.lines.all()))
            order.status = status
            order.save(update_fields=["status"])


def quantities_of(lines: Sequence[OrderLine]) -> dict[int, int]:
    """Pieces by product id, summed over lines of one product."""
    counts: Counter[int] = Counter()
    for line in lines:
        counts[line.product_id] += line.quantity
    return dict(counts)


def _reserve(order: Order, buyer: Buyer, lines: list[OrderLine]) -> None:
    with transaction.atomic():
        order.customer = find_or_create(email=buyer.email, name=buyer.name, language=buyer.language)
        order.save(force_insert=True)
        for line in lines:
            line.order = order
        OrderLine.objects.bulk_create(lines)
        reserve(quantities_of(lines))  # last, so that the locks on popular products are short
    _remember_lines(order, lines)


def _remember_lines(order: Order, lines: list[OrderLine]) -> None:
    """As prefetch_related would, from what is at hand."""
    loaded = OrderLine.objects.filter(order=order)
    loaded._result_cache = lines
    order._prefetched_objects_cache = {"lines": loaded}


def _charge(order: Order, card: Card) -> Charge | None:
    if not order.total:
        return None
    return payments.charge(order.total, card, str(order.payment_key))


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


def _priced_lines(wishes: Sequence[LineWish]) -> list[OrderLine]:
    products = sellable_by_sku({wish.sku for wish in wishes})
    _refuse_unknown(wishes, products)
    _refuse_mixed_currencies(wishes, products)
    return [
        OrderLine(
            position=position,
            product=products[wish.sku],
            quantity=wish.quantity,
            unit_price=_price(wish, products[wish.sku]),
        )
        for position, wish in enumerate(wishes, 1)
    ]


def _price(wish: LineWish, product: Product) -> Money:
    return product.price if wish.unit_price is None else Money(wish.unit_price, product.price_currency)


def _new_order(lines: list[OrderLine]) -> Order:
    total = sum((line.total.amount for line in lines), Decimal(0))
    if total > MAX_TOTAL:
        raise InvalidInput([{"field": "lines", "code": "max_value", "detail": _("The order's total is too large.")}])
    currency = lines[0].unit_price.currency
    return Order(
        total=Money(total, currency),
        cancelled_total=Money(0, currency),
        line_count=len(lines),
        unit_count=sum(line.quantity for line in lines),
    )


def _refuse_unknown(wishes: Sequence[LineWish], products: Mapping[str, Product]) -> None:
    detail = _("There is no product with this SKU for sale.")
    unknown: FieldErrors = [
        {"field": f"lines[{index}].sku", "code": "not_for_sale", "detail": detail, "sku": wish.sku}
        for index, wish in enumerate(wishes)
        if wish.sku not in products
    ]
    if unknown:
        raise InvalidInput(unknown)


def _refuse_mixed_currencies(wishes: Sequence[LineWish], products: Mapping[str, Product]) -> None:
    currency = products[wishes[0].sku].price_currency
    detail = _("One order has one currency; the first line is in {currency}.").format(currency=currency)
    mixed: FieldErrors = [
        {"field": f"lines[{index}].sku", "code": "mixed_currencies", "detail": detail, "sku": wish.sku}
        for index, wish in enumerate(wishes)
        if products[wish.sku].price_currency != currency
    ]
    if mixed:
        raise InvalidInput(mixed)
