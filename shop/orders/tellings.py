"""Which cancellation or return an event of an order tells of: the way from the log to rows that never change again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Prefetch

from shop.orders.events import OrderCancelled, OrderReturned
from shop.orders.models import Reversal, ReversedLine


def told_by(
    event: OrderCancelled | OrderReturned, reversals: Iterable[Reversal], counted: Collection[int]
) -> Reversal | None:
    """The one of the order's reversals, given in the order of their numbers, that the event tells of; `counted` are the
    numbers of those that were told of before.

    A return says its number. A cancellation does not: it is the first of that many pieces and that much money that is
    done and was not told of before; two that are alike in both are told of by events that are alike as well.
    """
    if isinstance(event, OrderReturned):
        return next((one for one in reversals if one.number == event.return_number), None)
    alike = (
        one
        for one in reversals
        if one.kind == Reversal.Kind.CANCELLATION
        and one.status == Reversal.Status.DONE
        and (one.unit_count, one.amount.amount) == (event.unit_count, event.amount)
    )
    return next((one for one in alike if one.number not in counted), None)


def reversals_of(orders: Collection[int]) -> dict[int, list[Reversal]]:
    """The reversals of each order by their numbers, with their lines; two queries for any number of orders."""
    found: defaultdict[int, list[Reversal]] = defaultdict(list)
    pieces = Prefetch("lines", ReversedLine.objects.select_related("line").order_by("line__position"))
    rows = Reversal.objects.filter(order__in=orders).order_by("order_id", "number").prefetch_related(pieces)
    for reversal in rows if orders else ():
        found[reversal.order_id].append(reversal)
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What an event told of, and what events before it had told of the same order."""

    reversal: Reversal
    before: Sequence[Reversal]


class Tellings:
    """For a read model that remembers in a table of its own, whose key is `reversal_id`, what it was told of."""

    def __init__(self, orders: Collection[int], remembered: type[models.Model]) -> None:
        self._reversals, self._remembered = reversals_of(orders), remembered
        keys = [one.pk for of_order in self._reversals.values() for one in of_order]
        known = remembered._default_manager.filter(pk__in=keys).values_list("pk", flat=True) if keys else ()
        self._before = set(known)
        self._counted = set(self._before)

    def of(self, event: OrderCancelled | OrderReturned) -> Told | None:
        """What the event tells of; None for what was told of before."""
        reversals = self._reversals.get(event.order_id, [])
        before = [one for one in reversals if one.pk in self._counted]
        reversal = told_by(event, reversals, [one.number for one in before])
        if reversal is None or reversal.pk in self._counted:
            return None
        self._counted.add(reversal.pk)
        return Told(reversal, before)

    def store(self) -> None:
        """Remember what was new."""
        new = sorted(self._counted - self._before)
        self._remembered._default_manager.bulk_create([self._remembered(pk=pk) for pk in new])
