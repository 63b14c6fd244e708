"""Taking pieces of an order back for money: speak for the pieces, refund, then write it into the books.

    one transaction       no transaction      one transaction
    reversal, refunding ─▶ recalled, refund ─▶ lines, stock, order, reversal done; order.cancelled or order.returned,
                                               order.refunded

Between the first and the last step the pieces are spoken for, so nothing else takes them. What is cancelled is recalled
first, from whoever is about to send it: what is on its way is not refunded. A crash in between leaves the reversal
"refunding"; settle_abandoned runs `complete` again, and the provider's idempotency key makes sure that nothing is
refunded twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.dispatch import Signal
from django.utils.translation import gettext as _
from djmoney.money import Money

from events.api import emit
from shop.errors import CannotCancel, CannotReturn, InvalidInput, PaymentUnavailable, RefundRefused
from shop.orders.events import OrderCancellationRefused, OrderRefunded, OrderReturned
from shop.orders.models import Order, OrderLine, Reversal, ReversedLine
from shop.payments import operations as payments
from shop.stock.operations import put_back

Kind, Status = Reversal.Kind, Reversal.Status
#: These speak for their pieces.
OPEN = (Status.REQUESTED, Status.REFUNDING)
#: Sent with the `order` whose pieces are cancelled, and outside of any transaction: whoever sends orders keeps this one
#: until the cancellation has ended. Raises CannotCancel for what is on its way, which ends it; or RecallUnavailable.
recalled = Signal()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be taken back: pieces by line position, or None for all that is left."""

    kind: Kind
    quantities: Mapping[int, int] | None
    by: str
    reason: str = ""
    restock: bool = True
    status: Status = Status.REFUNDING


@dataclass(frozen=True, slots=True)
class _Part:
    """So many pieces of a line, of which `spoken_for` are taken back, or about to be, already."""

    line: OrderLine
    spoken_for: int
    quantity: int

    @property
    def amount(self) -> Money:
        return self.line.amount_between(self.spoken_for, self.spoken_for + self.quantity)


def locked(order_id: int) -> Order:
    """The order as the database has it, held until the transaction ends."""
    return Order.objects.select_for_update().get(pk=order_id)


def speak_for(order: Order, wish: Wish) -> Reversal:
    """Write the reversal of a locked order. Raises InvalidInput for unknown positions, CannotCancel, CannotReturn."""
    parts = _parts(order, wish)
    reversal = Reversal.objects.create(
        order=order,
        number=order.reversals.count() + 1,
        kind=wish.kind,
        status=wish.status,
        restock=wish.restock,
        amount=_amount(order, wish.kind, parts),
        unit_count=sum(part.quantity for part in parts),
        by=wish.by,
        reason=wish.reason,
    )
    ReversedLine.objects.bulk_create(
        [ReversedLine(reversal=reversal, line=part.line, quantity=part.quantity) for part in parts]
    )
    return reversal


def complete(reversal: Reversal) -> Order:
    """Refund and write it into the books; safe to repeat. Raises CannotCancel, CannotReturn, PaymentUnavailable."""
    try:
        if reversal.kind == Kind.CANCELLATION:
            recalled.send(Reversal, order=reversal.order)
        refund_id = _refund(reversal)
    except CannotCancel:
        _refuse(reversal)
        raise
    except RefundRefused as error:
        _refuse(reversal)
        raise refusal(reversal.order, reversal.kind, _("the payment provider refuses the refund.")) from error
    except PaymentUnavailable as error:
        why = _("The cancellation is kept, and the refund is tried again until it works.")
        if reversal.kind == Kind.RETURN:
            why = _("The return is kept, and the refund is tried again until it works.")
        raise type(error)(why=why) from error
    return _write_into_books(reversal, refund_id)


def refusal(order: Order, kind: str, why: str) -> CannotCancel | CannotReturn:
    """The error to raise when nothing is taken back."""
    return (CannotReturn if kind == Kind.RETURN else CannotCancel)(number=order.number, why=why)


def _refund(reversal: Reversal) -> str:
    if not reversal.amount:
        return ""
    return payments.refund(reversal.order.charge_id, reversal.amount, reversal.refund_key)


@transaction.atomic
def _refuse(reversal: Reversal) -> None:
    order = reversal.order
    if _settle(reversal, Status.REFUSED) and reversal.kind == Kind.CANCELLATION:
        about = {"order_id": order.pk, "number": order.number, "customer_id": order.customer_id}
        emit(OrderCancellationRefused(**about, unit_count=reversal.unit_count))


@transaction.atomic
def _write_into_books(reversal: Reversal, refund_id: str) -> Order:
    order = locked(reversal.order_id)
    if _settle(reversal, Status.DONE, refund_id):
        _save_lines(reversal)
        if reversal.restock:
            put_back(_pieces(reversal, "product"), _pieces(reversal, "variant"))
        _save_order(order, reversal)
        _tell(order, reversal, refund_id)
    return order


def _pieces(reversal: Reversal, of: str) -> dict[int, int]:
    """Pieces by product or variant, summed over lines; a line of a variant counts there alone."""
    lines = reversal.lines.filter(line__variant__isnull=of == "product")
    return dict(lines.values_list(f"line__{of}").annotate(Sum("quantity")))


def _save_lines(reversal: Reversal) -> None:
    """One statement for any number of lines."""
    column = "returned_quantity" if reversal.kind == Kind.RETURN else "cancelled_quantity"
    pieces = reversal.lines.filter(line=OuterRef("pk")).values("quantity")
    lines = OrderLine.objects.filter(pk__in=reversal.lines.values("line"))
    lines.update(**{column: F(column) + Subquery(pieces)})


def _save_order(order: Order, reversal: Reversal) -> None:
    if reversal.kind == Kind.RETURN:
        order.returned_total += reversal.amount
        order.returned_unit_count += reversal.unit_count
    else:
        order.cancelled_total += reversal.amount
        order.cancelled_unit_count += reversal.unit_count
    if _nothing_left(order):
        (order.return_rest if reversal.kind == Kind.RETURN else order.cancel_rest)()
    order.save(
        update_fields=["cancelled_total", "cancelled_unit_count", "returned_total", "returned_unit_count", "status"]
    )


def _nothing_left(order: Order) -> bool:
    return order.cancelled_unit_count + order.returned_unit_count == order.unit_count


def _tell(order: Order, reversal: Reversal, refund_id: str) -> None:
    """order.cancelled has been emitted by saving the order; a return says its number, which the order does not know."""
    common = {"order_id": order.pk, "number": order.number, "customer_id": order.customer_id}
    common |= {"amount": reversal.amount.amount, "currency": order.currency}
    if reversal.kind == Kind.RETURN:
        emit(
            OrderReturned(
                **common,
                return_number=reversal.number,
                returned_total=order.returned_total.amount,
                cancelled_total=order.cancelled_total.amount,
                total=order.total.amount,
                unit_count=reversal.unit_count,
                whole=_nothing_left(order),
                restocked=reversal.restock,
            )
        )
    if reversal.amount:
        emit(OrderRefunded(**common, refund_id=refund_id, reason=reversal.kind))


def _settle(reversal: Reversal, status: str, refund_id: str = "") -> bool:
    """Whether this call settled it: of two that try at once, one does."""
    waiting = Reversal.objects.filter(pk=reversal.pk, status=Status.REFUNDING)
    return bool(waiting.update(status=status, refund_id=refund_id))


def _parts(order: Order, wish: Wish) -> list[_Part]:
    lines = {line.position: line for line in order.lines.all()}
    spoken_for = _spoken_for(order, lines)
    quantities = wish.quantities
    if quantities is None:
        left = {position: line.quantity - spoken_for[position] for position, line in lines.items()}
        quantities = {position: quantity for position, quantity in left.items() if quantity}
    _refuse_unknown(quantities, lines)
    _refuse_too_many(order, wish.kind, quantities, lines, spoken_for)
    return [_Part(lines[position], spoken_for[position], quantity) for position, quantity in quantities.items()]


def _spoken_for(order: Order, lines: Mapping[int, OrderLine]) -> dict[int, int]:
    waiting = ReversedLine.objects.filter(reversal__order=order, reversal__status__in=OPEN)
    counts = dict(waiting.values_list("line__position").annotate(Sum("quantity")))
    return {
        position: line.cancelled_quantity + line.returned_quantity + counts.get(position, 0)
        for position, line in lines.items()
    }


def _amount(order: Order, kind: Kind, parts: list[_Part]) -> Money:
    """The parts' prices; whoever takes the last piece gets what is left of the total, so that the books add up to the
    penny even after a refused refund. Of the shipping, only who cancels the last piece gets something back."""
    waiting = order.reversals.filter(status__in=OPEN).aggregate(Sum("amount"), Sum("unit_count"))
    units_left = order.unit_count - order.cancelled_unit_count - order.returned_unit_count
    units_left -= waiting["unit_count__sum"] or 0
    left = order.total - order.cancelled_total - order.returned_total
    left -= Money(waiting["amount__sum"] or 0, order.currency)
    if kind == Kind.RETURN:
        left -= _shipping(order)
    if units_left == sum(part.quantity for part in parts):
        return left
    return min(sum((part.amount for part in parts), Money(0, order.currency)), left)


def _shipping(order: Order) -> Money:
    """The shipping fee and its tax: what the total is more than its lines."""
    return order.total - sum((line.paid_for for line in order.lines.all()), Money(0, order.currency))


def _refuse_unknown(quantities: Mapping[int, int], lines: Mapping[int, OrderLine]) -> None:
    detail = _("The order has no line {position}.")
    unknown = [position for position in quantities if position not in lines]
    if unknown:
        raise InvalidInput(
            [{"field": "lines", "code": "unknown_line", "detail": detail.format(position=at)} for at in unknown]
        )


def _refuse_too_many(
    order: Order,
    kind: Kind,
    quantities: Mapping[int, int],
    lines: Mapping[int, OrderLine],
    spoken_for: Mapping[int, int],
) -> None:
    nothing, too_many = (
        _("nothing is left to cancel."),
        _("line {position} has {left} pieces left to cancel, not {wanted}."),
    )
    if kind == Kind.RETURN:
        nothing = _("nothing is left to return.")
        too_many = _("line {position} has {left} pieces left to return, not {wanted}.")
    if not quantities:
        raise refusal(order, kind, nothing)
    for position, wanted in quantities.items():
        left = lines[position].quantity - spoken_for[position]
        if not 0 < wanted <= left:
            raise refusal(order, kind, too_many.format(position=position, left=left, wanted=wanted))
