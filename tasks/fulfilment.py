"""From paid to shipped: a saga for each order, and the ways into it and out of it.

    accept ─▶ allocate ─▶ label ─▶ capture ─▶ ship ─▶ shipped      each undone in reverse order, down to the last:
      │          │          │                           │          call_off cancels the order, which gives back what
    call_off   free       void                      (waits)        was paid or reserved, and writes to the customer

No step needs another undo: cancelling releases money that was only reserved, refunds what was captured, and puts the
pieces back into the stock, each under a key of its own.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from events.api import Context, Reject, Saga, SagaRun, Snooze, cancel_saga, start_saga, step, subscriber
from shop.carrier.models import Label
from shop.carrier.operations import buy_label, void_label, want_label
from shop.carrier.queries import label_of
from shop.errors import CannotCancel, CaptureRefused, PaymentUnavailable
from shop.orders import operations as orders
from shop.orders.events import OrderCancelled, OrderPaid, OrderShipped
from shop.orders.models import Order
from shop.outside.subscribing import OUTSIDE, patient
from shop.payments.operations import captures_at_checkout, has_refunded
from shop.warehouse.operations import arrange_shipment, clear_shipment, withdraw_shipment
from shop.warehouse.service import WAREHOUSE
from tasks.letters import amount_of, letter

BY = "system:fulfilment"
HOLD_LOOK_SECONDS = 60
#: Some hours: an order is not cancelled because another system had a bad morning.
_ASKS: dict[str, Any] = OUTSIDE | {"max_retries": 60}
_PAYS: dict[str, Any] = _ASKS | {
    "transient_errors": (PaymentUnavailable,),
    "final_errors": (CannotCancel, CaptureRefused),
}


class Fulfilment(Saga, name="fulfilment"):
    """The key is `order-<id>`, the data {"order_id": …}."""

    @step(effects="external")  # so that it is undone also when the saga turns round before it, or in it
    def accept(run: SagaRun) -> None:
        """Nothing is done yet; but from here on the order is either sent or called off."""

    @accept.compensation(covers_unknown=True, **_PAYS)
    def call_off(run: SagaRun) -> None:
        """Twice is once: the refund has the key of its cancellation, and both mails the same Message-ID. Why it came to
        this stays with the saga, for staff: customers read the reason of a cancellation."""
        order = orders.call_off(run.data["order_id"], by=BY, reason="")
        if order.reversals.filter(by=BY).exists():  # else it was the customer, or staff
            _regret(order, run.idempotency_key)

    @step(**_ASKS)
    @patient
    def allocate(run: SagaRun) -> None:
        """Twice is once: the warehouse knows a shipment by its own key. A held order waits, and spends no try."""
        _unheld(run)
        arrange_shipment(run.data["order_id"], now=timezone.now())

    @allocate.compensation(covers_unknown=True, **_ASKS)
    @patient
    def free(run: SagaRun) -> None:
        """Twice is once: what is cancelled at the warehouse stays so."""
        withdraw_shipment(run.data["order_id"], now=timezone.now())

    @step(**_ASKS)
    @patient
    def label(run: SagaRun) -> dict[str, Any] | None:
        """Twice is once: the carrier knows the label by this step's key."""
        wanted = want_label(_unheld(run), run.idempotency_key)
        if wanted is None:
            return None
        bought = buy_label(wanted.pk, now=timezone.now())
        return {"label": bought.pk, "carrier": bought.carrier, "tracking_number": bought.tracking_number}

    @label.compensation(covers_unknown=True, **_ASKS)
    @patient
    def void(run: SagaRun) -> None:
        """Twice is once. A label whose purchase was never answered is asked for with its key, and taken back; but never
        before the warehouse gives the parcel back, for what was sent already keeps its label."""
        withdraw_shipment(run.data["order_id"], now=timezone.now())
        for wanted in Label.objects.filter(key=run.action_key):
            void_label(wanted.pk, now=timezone.now())

    @step(**_PAYS)
    def capture(run: SagaRun) -> dict[str, Any]:
        """Twice is once: a charge is captured once."""
        taken = orders.capture(_unheld(run).pk, now=timezone.now())
        return {"amount": str(taken.amount), "currency": str(taken.currency)}

    @step(**_ASKS)
    @patient
    def ship(run: SagaRun) -> None:
        """Twice is once: what may go may go. Without a warehouse it is for staff to send it."""
        given = {name: run.results["label"].get(name, "") for name in ("carrier", "tracking_number")}
        clear_shipment(run.data["order_id"], **given, now=timezone.now())

    @step(
        waits_for=OrderShipped,
        by="order-{order_id}",
        timeout_seconds=timedelta(days=settings.FULFILMENT_SHIP_DAYS).total_seconds(),
        **_ASKS,
    )
    @patient
    def shipped(run: SagaRun) -> None:
        """Twice is once. What went another way, with another number on it, needs no label; who says nothing of the way
        has used it."""
        label, sent = label_of(run.data["order_id"]), run.event
        if label is None or not isinstance(sent, OrderShipped) or not (sent.carrier or sent.tracking_number):
            return
        if sent.tracking_number != label.tracking_number:
            void_label(label.pk, now=timezone.now())


@subscriber(OrderPaid, name="fulfilment.begin")
def begin(event: OrderPaid) -> None:
    """Twice is once: an order has one fulfilment. Where no warehouse is connected and cards are charged at the checkout
    there is nothing to conduct: staff pack and ship, as they always may.

    The lock lets a cancellation come before this, and be seen, or after it, and stop what is begun here.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=event.order_id)
    if order.captured_at is not None and not WAREHOUSE.is_connected and captures_at_checkout():
        return
    if order.status != Order.Status.CANCELLED:
        start_saga(Fulfilment, key=f"order-{event.order_id}", data={"order_id": event.order_id})


@subscriber(OrderCancelled, name="fulfilment.stop")
def stop(event: OrderCancelled, context: Context) -> None:
    """Twice is once: a saga that turned round does not turn again. A part that is cancelled leaves the rest to send."""
    if event.whole:
        cancel_saga(Fulfilment, key=f"order-{event.order_id}", reason=f"order cancelled by {context.actor}")


def _unheld(run: SagaRun) -> Order:
    """The order. Raises Snooze while it is held, and Reject after FULFILMENT_HOLD_DAYS."""
    order = Order.objects.get(pk=run.data["order_id"])
    if order.held_at is None or order.status != Order.Status.PAID:
        return order
    if timezone.now() - order.held_at > timedelta(days=settings.FULFILMENT_HOLD_DAYS):
        days = f"{settings.FULFILMENT_HOLD_DAYS:g}"
        raise Reject(f"Order {order.number} was held for {days} days, and nobody released it.")
    raise Snooze(HOLD_LOOK_SECONDS, f"order {order.number} is held")


def _regret(order: Order, key: str) -> None:
    with override(order.customer.language):
        subject = _("Your order {number} was cancelled").format(number=order.number)
        sorry = _("we are sorry: we cannot send your order {number}, and have cancelled it.")
        body = [sorry.format(number=order.number)]
        if order.captured_at is None and not has_refunded(order.charge_id):
            body.append(_("Your card was not charged, and what your bank has set aside for the order is free again."))
        else:
            given_back = amount_of(order.cancelled_total)
            body.append(_("What you paid goes back to your card: {amount}.").format(amount=given_back))
        letter(order.customer, subject, body, key, about_own_order=True).send()
