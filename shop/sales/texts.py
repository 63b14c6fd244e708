"""What the notes say, in the language that is active."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from djmoney.money import Money
from moneyed.l10n import format_money

from shop.orders.models import Order, Reversal


@dataclass(frozen=True, slots=True)
class Given:
    """What was given back for how many pieces."""

    amount: Money
    unit_count: int


def order_text(order: Order, *, is_large: bool, is_first: bool) -> str:
    """Of an order that is large, or the first one, or both."""
    if is_large and is_first:
        text = _("A large first order of {customer}: {number}, {pieces}, {total}.")
    elif is_large:
        text = _("A large order of {customer}: {number}, {pieces}, {total}.")
    else:
        text = _("The first order of {customer}: {number}, {pieces}, {total}.")
    return text.format(
        customer=order.customer.name, number=order.number, pieces=_pieces(order.unit_count), total=_money(order.total)
    )


def return_text(order: Order, given: Given) -> str:
    """Of pieces that came back."""
    return _("{customer} returned {pieces} of {number}; {amount} went back.").format(
        customer=order.customer.name, number=order.number, pieces=_pieces(given.unit_count), amount=_money(given.amount)
    )


def digest_text(day: date) -> str:
    """The figures of a day (UTC): a line for each currency, and what waits."""
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    orders = Order.objects.filter(placed_at__gte=begin, placed_at__lt=end)
    given_back = Reversal.objects.filter(status=Reversal.Status.DONE, created_at__gte=begin, created_at__lt=end)
    lines = [_("Sales of {day}").format(day=date_format(day)), *_sold(orders), *_given_back(given_back)]
    if held := Order.objects.filter(status=Order.Status.PAID, held_at__isnull=False).count():
        text = ngettext("{count} order is held and waits for somebody.", "{count} orders are held and wait.", held)
        lines.append(text.format(count=held))
    return "\n".join(lines)


def _sold(orders: QuerySet[Order]) -> Iterable[str]:
    rows = _by_currency(orders, "total_currency", count=Count("pk"), amount=Sum("total"), units=Sum("unit_count"))
    for currency, row in rows:
        text = ngettext("{count} order, {pieces}: {amount}", "{count} orders, {pieces}: {amount}", row["count"])
        amount = _money(Money(row["amount"], currency))
        yield text.format(count=row["count"], pieces=_pieces(row["units"]), amount=amount)
    if not rows:
        yield _("No orders.")


def _given_back(reversals: QuerySet[Reversal]) -> Iterable[str]:
    for currency, row in _by_currency(reversals, "amount_currency", given=Sum("amount"), units=Sum("unit_count")):
        amount = _money(Money(row["given"] or Decimal(0), currency))
        yield _("Cancelled and returned: {pieces}, {amount}").format(pieces=_pieces(row["units"]), amount=amount)


def _by_currency(rows: QuerySet[Any], field: str, **sums: Any) -> list[tuple[str, Mapping[str, Any]]]:
    return [(row[field], row) for row in rows.order_by(field).values(field).annotate(**sums)]


def _pieces(count: int) -> str:
    return ngettext("{count} piece", "{count} pieces", count).format(count=count)


def _money(amount: Money) -> str:
    return format_money(amount, locale=get_language() or "en")
