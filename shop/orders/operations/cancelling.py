"""Cancelling an order or a part of it: speak for the pieces, refund, then write it into the books.

    one transaction           no transaction    one transaction
    cancellation, refunding ─▶ refund ─────────▶ lines, stock, order (order.cancelled), cancellation done

Between the first and the last step the pieces are spoken for, so no other cancellation takes them. A crash in between
leaves the cancellation "refunding"; settle_abandoned runs `complete` again, and the provider's idempotency key makes
sure that nothing is refunded twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.errors import CannotCancel, InvalidInput, PaymentUnavailable, RefundRefused
from shop.orders.models import Cancellation, CancelledLine, Order, OrderLine
from shop.payments import operations as payments
from shop.stock.operations import put_back

Status = Cancellation.Status


@dataclass(frozen=True, slots=True)
class _Part:
    """So many pieces of a line, of which `spoken_for` are cancelled, or about to be, already."""

    line: OrderLine
    spoken_for: int
    quantity: int

    @property
    def amount(self) -> Money:
        return self.line.amount_between(self.spoken_for, self.spoken_for + self.quantity)


def cancel(order: Order, quantities: Mapping[int, int] | None = None, *, by: str, reason: str = "") -> Order:
    """Cancel `quantities` (pieces by line position), or all that is left, and return the order as it is then.

    Raises InvalidInput for unknown positions, CannotCancel, and PaymentUnavailable: then the cancellation is kept and
    completed by settle_abandoned. Must not run inside a transaction.
    """
    return complete(_request(order, quantities, by, reason))


def complete(cancellation: Cancellation) -> Order:
    """Refund a cancellation and write it into the books; safe to repeat. Raises CannotCancel, PaymentUnavailable."""
    try:
        refund_id = _refund(cancellation)
    except RefundRefused as error:
        _settle(cancellation, Status.REFUSED)
        why = _("the payment provider refuses the refund.")
        raise CannotCancel(number=cancellation.order.number, why=why) from error
    except PaymentUnavailable as error:
        why = _("The cancellation is kept, and the refund is tried again until it works.")
        raise PaymentUnavailable(why=why) from error
    return _write_into_books(cancellation, refund_id)


@transaction.atomic
def _request(order: Order, quantities: Mapping[int, int] | None, by: str, reason: str) -> Cancellation:
    order = _locked(order.pk)
    _refuse_unpaid(order)
    parts = _parts(order, quantities)
    cancellation = Cancellation.objects.create(
        order=order,
        number=order.cancellations.count() + 1,
        amount=_amount(order, parts),
        unit_count=sum(part.quantity for part in parts),
        by=by,
        reason=reason,
    )
    CancelledLine.objects.bulk_create(
        [CancelledLine(cancellation=cancellation, line=part.line, quantity=part.quantity) for part in parts]
    )
    return cancellation


def _refund(cancellation: Cancellation) -> str:
    if not cancellation.amount:
        return ""
    return payments.refund(cancellation.order.charge_id, cancellation.amount, cancellation.refund_key)


@transaction.atomic
def _write_into_books(cancellation: Cancellation, refund_id: str) -> Order:
    order = _locked(cancellation.order_id)
    if _settle(cancellation, Status.DONE, refund_id):
        _save_cancelled_lines(cancellation)
        put_back(dict(cancellation.lines.values_list("line__product").annotate(Sum("quantity"))))
        _save_cancelled(order, cancellation)
    return order


def _save_cancelled_lines(cancellation: Cancellation) -> None:
    """One statement for any number of lines."""
    pieces = cancellation.lines.filter(line=OuterRef("pk")).values("quantity")
    lines = OrderLine.objects.filter(pk__in=cancellation.lines.values("line"))
    lines.update(cancelled_quantity=F("cancelled_quantity") + Subquery(pieces))


def _save_cancelled(order: Order, cancellation: Cancellation) -> None:
    order.cancelled_total += cancellation.amount
    order.cancelled_unit_count += cancellation.unit_count
    if order.cancelled_unit_count == order.unit_count:
        order.status = Order.Status.CANCELLED
    order.save(update_fields=["cancelled_total", "cancelled_unit_count", "status"])


def _settle(cancellation: Cancellation, status: str, refund_id: str = "") -> bool:
    """Whether this call settled it: of two that try at once, one does."""
    waiting = Cancellation.objects.filter(pk=cancellation.pk, status=Status.REFUNDING)
    return bool(waiting.update(status=status, refund_id=refund_id))


def _locked(order_id: int) -> Order:
    return Order.objects.select_for_update().get(pk=order_id)


def _refuse_unpaid(order: Order) -> None:
    if order.status != Order.Status.PAID:
        why = _("it is {status}, and only paid orders can be cancelled.").format(status=order.get_status_display())
        raise CannotCancel(number=order.number, why=why)


def _parts(order: Order, quantities: Mapping[int, int] | None) -> list[_Part]:
    lines = {line.position: line for line in order.lines.all()}
    spoken_for = _spoken_for(order, lines)
    if quantities is None:
        left = {position: line.quantity - spoken_for[position] for position, line in lines.items()}
        quantities = {position: quantity for position, quantity in left.items() if quantity}
    _refuse_unknown(quantities, lines)
    _refuse_too_many(order, quantities, lines, spoken_for)
    return [_Part(lines[position], spoken_for[position], quantity) for position, quantity in quantities.items()]


def _spoken_for(order: Order, lines: Mapping[int, OrderLine]) -> dict[int, int]:
    waiting = CancelledLine.objects.filter(cancellation__order=order, cancellation__status=Status.REFUNDING)
    counts = dict(waiting.values_list("line__position").annotate(Sum("quantity")))
    return {position: line.cancelled_quantity + counts.get(position, 0) for position, line in lines.items()}


def _amount(order: Order, parts: list[_Part]) -> Money:
    """The parts' prices; whoever takes the last piece gets what is left of the total, so that the books add up to the
    penny even after a refused refund."""
    waiting = order.cancellations.filter(status=Status.REFUNDING).aggregate(Sum("amount"), Sum("unit_count"))
    units_left = order.unit_count - order.cancelled_unit_count - (waiting["unit_count__sum"] or 0)
    if units_left == sum(part.quantity for part in parts):
        return order.total - order.cancelled_total - Money(waiting["amount__sum"] or 0, order.currency)
    return sum((part.amount for part in parts), Money(0, order.currency))


def _refuse_unknown(quantities: Mapping[int, int], lines: Mapping[int, OrderLine]) -> None:
    detail = _("The order has no line {position}.")
    unknown = [position for position in quantities if position not in lines]
    if unknown:
        raise InvalidInput(
            [{"field": "lines", "code": "unknown_line", "detail": detail.format(position=at)} for at in unknown]
        )


def _refuse_too_many(
    order: Order, quantities: Mapping[int, int], lines: Mapping[int, OrderLine], spoken_for: Mapping[int, int]
) -> None:
    if not quantities:
        raise CannotCancel(number=order.number, why=_("nothing is left to cancel."))
    for position, wanted in quantities.items():
        left = lines[position].quantity - spoken_for[position]
        if not 0 < wanted <= left:
            why = _("line {position} has {left} pieces left to cancel, not {wanted}.")
            raise CannotCancel(number=order.number, why=why.format(position=position, left=left, wanted=wanted))
