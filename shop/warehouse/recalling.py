"""Before anything is refunded, the warehouse has to say that it has not sent it."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.errors import CannotCancel, OutsideRefused, OutsideUnavailable, RecallUnavailable
from shop.orders.models import Order
from shop.orders.operations.reversing import recalled
from shop.warehouse.operations import SENT_STATUS, arrange_shipment, is_sent


@receiver(recalled)
def recall(order: Order, **_rest: Any) -> None:
    """While a cancellation is under way nothing of the order is wanted; what is left of it is asked for afterwards.

    Raises CannotCancel for what was sent, and RecallUnavailable while the warehouse does not answer.
    """
    try:
        arrange_shipment(order.pk, now=timezone.now())
    except OutsideRefused as refused:
        if refused.data["status"] != SENT_STATUS:
            raise RecallUnavailable(why="") from refused
        raise _too_late(order) from refused
    except OutsideUnavailable as error:
        raise RecallUnavailable(why="") from error
    if is_sent(order.pk):
        raise _too_late(order)


def _too_late(order: Order) -> CannotCancel:
    why = _("the warehouse has sent it already; please return it when it has arrived.")
    return CannotCancel(number=order.number, why=why)
