"""Setting timers, ringing those whose time has come, and stopping those of orders that came to nothing."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from events.api import emit_many
from shop.followups.events import FollowUpDue
from shop.followups.models import FollowUp
from shop.orders.models import Order

State = FollowUp.State

#: In these states nothing of the order is with the customer, or ever will be.
OVER = (Order.Status.CANCELLED, Order.Status.RETURNED, Order.Status.DECLINED, Order.Status.EXPIRED)


def plan(order_id: int, since: datetime) -> None:
    """Set the timers of an order; safe to repeat. Those of an order that is over by now are not set."""
    if Order.objects.filter(pk=order_id, status__in=OVER).exists():
        return
    days = {FollowUp.Kind.THANKS: settings.FOLLOWUP_THANKS_DAYS, FollowUp.Kind.REVIEW: settings.FOLLOWUP_REVIEW_DAYS}
    timers = [
        FollowUp(order_id=order_id, kind=kind, due_at=since + timedelta(days=count))
        for kind, count in days.items()
        if count > 0
    ]
    FollowUp.objects.bulk_create(timers, ignore_conflicts=True)


def drop(order_id: int, *, now: datetime) -> int:
    """Stop what has not been sent; how many there were. Twice stops nothing more."""
    unsent = FollowUp.objects.filter(order=order_id, state__in=[State.WAITING, State.DUE])
    return unsent.update(state=State.DROPPED, settled_at=now)


def ring(*, now: datetime, batch: int = 200, most: int = 10_000) -> int:
    """Emit followup.due for each timer whose time has come; how many. Safe to run twice, even at once: a timer is
    locked, passed over by others, and leaves the waiting ones in the transaction that emits. Held orders wait."""
    count = 0
    while count < most:
        rung = _ring_some(now, min(batch, most - count))
        count += rung
        if not rung:
            break
    return count


def still_wanted(followup_id: int, *, now: datetime) -> FollowUp | None:
    """The timer that rang, if nothing was sent for it and its order is not over; else None, and it is dropped.

    This is the last look before the mail: an order that was cancelled while its timer was being set is seen here."""
    timer = FollowUp.objects.select_related("order__customer").filter(pk=followup_id, state=State.DUE).first()
    if timer is None:
        return None
    if timer.order.status in OVER or timer.order.customer.unsubscribed_at:
        drop(timer.order_id, now=now)
        return None
    return timer


def note_sent(followup_id: int, *, now: datetime) -> None:
    """The mail is out: no second one."""
    FollowUp.objects.filter(pk=followup_id, state=State.DUE).update(state=State.SENT, settled_at=now)


@transaction.atomic
def _ring_some(now: datetime, most: int) -> int:
    waiting = FollowUp.objects.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "id")
    ripe = list(waiting.filter(state=State.WAITING, due_at__lte=now, order__held_at=None)[:most])
    FollowUp.objects.filter(pk__in=[timer.pk for timer in ripe]).update(state=State.DUE)
    emit_many([FollowUpDue(followup_id=timer.pk, order_id=timer.order_id, kind=timer.kind) for timer in ripe])
    return len(ripe)
