"""What an order, or what was taken back of it, looks like on paper. Reads, and writes nothing."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import override

from shop.billing.content import PaperContent, PaperLine, Party, TaxLine
from shop.billing.models import Paper
from shop.orders.models import Order, OrderLine, Reversal, ReversedLine, line_amount
from shop.orders.queries import full_orders
from shop.pricing.rounding import rounded


def order_to_bill(order_id: int) -> Order:
    """The order, with all that stands on its papers."""
    return full_orders().prefetch_related("lines__product__translations").get(pk=order_id)


def invoice_content(order: Order, number: str, day: date) -> PaperContent:
    """The whole order as it was sold."""
    lines = [_line(order, line, line.quantity) for line in order.lines.all()]
    return PaperContent(
        **_both(order, Paper.Kind.INVOICE, number, day),
        lines=tuple(lines),
        subtotal=order.subtotal.amount or sum((line.total for line in lines), Decimal(0)),
        discount=order.discount.amount,
        shipping_fee=order.shipping_fee.amount,
        taxes=tuple(_taxes(order.tax.amount)),
        total=order.total.amount,
    )


def credit_content(order: Order, reversal: Reversal, invoice: Paper, number: str, day: date) -> PaperContent:
    """The pieces that were taken back, and all that the customer got for them.

    The discount is shared out as on the invoice, to the penny over all credit notes; what is then left of the refund
    is the tax, and the fee where nothing of the order was ever shipped.
    """
    pieces = list(reversal.lines.select_related("line").order_by("line__position"))
    before = [_before(piece, reversal) for piece in pieces]
    lines = [_line(order, _loaded(order, piece), piece.quantity, at) for piece, at in zip(pieces, before, strict=True)]
    subtotal = sum((line.total for line in lines), Decimal(0))
    discount = sum((_discount(piece, at) for piece, at in zip(pieces, before, strict=True)), Decimal(0))
    fee = _fee(order, reversal)
    rest = reversal.amount.amount - subtotal + discount - fee
    if not order.tax.amount:  # a penny of rounding is no tax
        discount, rest = discount - rest, Decimal(0)
    return PaperContent(
        **_both(order, Paper.Kind.CREDIT_NOTE, number, day),
        lines=tuple(lines),
        subtotal=subtotal,
        discount=discount,
        shipping_fee=fee,
        taxes=tuple(_taxes(rest)),
        total=reversal.amount.amount,
        refers_to=invoice.number,
        refers_to_date=date.fromisoformat(invoice.content["issued_on"]),
        reason=reversal.reason,
    )


def _both(order: Order, kind: str, number: str, day: date) -> dict[str, Any]:
    address = order.billing_address or order.shipping_address
    return {
        "kind": kind,
        "number": number,
        "language": order.customer.language,
        "issued_on": day,
        "order_number": order.number,
        "ordered_on": (order.placed_at or order.created_at).date(),
        "currency": order.currency,
        "seller": Party(name=settings.SHOP_NAME, lines=tuple(settings.SHOP_ADDRESS)),
        "buyer": _party(address, order.customer.name, order.customer.email),
        "delivery": _party(order.shipping_address) if order.shipping_address else None,
        "coupon_code": order.coupon_code,
    }


def _party(address: dict[str, str], name: str = "", *more: str) -> Party:
    town = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    lines = [address.get("line1"), address.get("line2"), town, address.get("region"), address.get("country"), *more]
    return Party(name=address.get("name") or name, lines=tuple(filter(None, lines)))


def _line(order: Order, line: OrderLine, quantity: int, before: int = 0) -> PaperLine:
    """So many pieces after those that were taken back `before`: the lines of all papers add up to the penny."""
    language = order.customer.language
    with override(language):
        name = line.product.name_in(language)
    total = line_amount(line.unit_price, before + quantity) - line_amount(line.unit_price, before)
    return PaperLine(sku=line.sku, name=name, quantity=quantity, unit_price=line.unit_price.amount, total=total.amount)


def _loaded(order: Order, piece: ReversedLine) -> OrderLine:
    return next(line for line in order.lines.all() if line.pk == piece.line_id)


def _taxes(amount: Decimal) -> Iterator[TaxLine]:
    if amount:
        yield TaxLine(name="", amount=amount)


def _before(piece: ReversedLine, reversal: Reversal) -> int:
    """Pieces of the line that were taken back before."""
    earlier = ReversedLine.objects.filter(line_id=piece.line_id, reversal__status=Reversal.Status.DONE)
    return earlier.filter(reversal__number__lt=reversal.number).aggregate(sum=Sum("quantity"))["sum"] or 0


def _discount(piece: ReversedLine, before: int) -> Decimal:
    """The line's discount on these pieces: its share up to them, less its share up to those before."""
    share = piece.line.discount.amount / piece.line.quantity
    currency = str(piece.line.discount.currency)
    return rounded(share * (before + piece.quantity), currency).amount - rounded(share * before, currency).amount


def _fee(order: Order, reversal: Reversal) -> Decimal:
    """The shipping fee goes back with the last piece of an order that was cancelled as a whole."""
    last = order.reversals.filter(status=Reversal.Status.DONE).order_by("-number").values_list("number", flat=True)
    gone = order.status == Order.Status.CANCELLED and last.first() == reversal.number
    return order.shipping_fee.amount if gone else Decimal(0)
