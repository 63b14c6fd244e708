"""From the wish to send something back to the refund, or to no refund: a saga for each return that a customer asks for.

    accept ─▶ label ─▶ invite ─▶ arrived ─▶ decided ─▶ settle      A return that does not arrive within
      │         │                (waits)    (waits)                RETURN_ARRIVAL_DAYS, or is rejected before
    close     void                                                 it does, is undone: no label, no return.

What it waits for is said by staff: that the pieces are there, that they are accepted, that they are rejected. Of pieces
that are there and forgotten for RETURN_DECISION_DAYS nobody is told that nothing is refunded: the saga fails, and
somebody has to look.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from events.api import Reject, Saga, SagaRun, cancel_saga, start_saga, step, subscriber
from shop.carrier.models import Label
from shop.carrier.operations import buy_label, void_label, want_label
from shop.errors import CannotReturn, PaymentUnavailable
from shop.orders.events import OrderReturnArrived, OrderReturnDecided, OrderReturnRequested
from shop.orders.models import Order, Reversal
from shop.orders.operations import finish_return, reject_return
from shop.outside.subscribing import OUTSIDE, patient
from tasks.letters import amount_of, letter

KEY = "return-{order_id}-{return_number}"
_ASKS: dict[str, Any] = OUTSIDE | {"max_retries": 60}
_PAYS: dict[str, Any] = _ASKS | {"transient_errors": (PaymentUnavailable,), "final_errors": ()}
_WRITES: dict[str, Any] = {"effects": "external", "max_retries": 8}


class Return(Saga, name="return"):
    """The key is `return-<order id>-<number>`, the data {"order_id": …, "return_number": …}."""

    @step(effects="external")  # so that it is undone also when the saga turns round before it, or in it
    def accept(run: SagaRun) -> None:
        """Nothing is done yet; the pieces are spoken for."""

    @accept.compensation(covers_unknown=True, **_WRITES)
    def close(run: SagaRun) -> None:
        """Twice is once: a rejected return stays so, and both mails have the same Message-ID. One that was accepted
        after all is not closed."""
        asked = _asked(run)
        if asked.status == Reversal.Status.REQUESTED and asked.arrived_at:
            raise Reject(f"Return {asked.number} of order {asked.order.number} has arrived: accept or reject it.")
        if asked.status == Reversal.Status.REQUESTED:
            asked = reject_return(asked.order, asked.number)
        if asked.status == Reversal.Status.REJECTED:
            _write(asked, _closing, run.idempotency_key)

    @step(**_ASKS)
    @patient
    def label(run: SagaRun) -> dict[str, Any] | None:
        """Twice is once: the carrier knows the label by this step's key. Without a carrier customers see to it."""
        asked = _asked(run)
        wanted = want_label(asked.order, run.idempotency_key, return_number=asked.number)
        if wanted is None:
            return None
        bought = buy_label(wanted.pk, now=timezone.now())
        return {"label": bought.pk, "tracking_number": bought.tracking_number}

    @label.compensation(covers_unknown=True, **_ASKS)
    @patient
    def void(run: SagaRun) -> None:
        """Twice is once. That a parcel is on its way with it is a dead letter: somebody has to look. What arrived has
        used its label."""
        if _asked(run).arrived_at:
            return
        for wanted in Label.objects.filter(key=run.action_key):
            void_label(wanted.pk, now=timezone.now())

    @step(**_WRITES)
    def invite(run: SagaRun) -> None:
        """Twice is harmless: both mails have the same Message-ID."""
        label = Label.objects.filter(pk=run.results["label"].get("label")).first()
        _write(_asked(run), _invitation, run.idempotency_key, label)

    @step(
        waits_for=OrderReturnArrived,
        by=KEY,
        timeout_seconds=timedelta(days=settings.RETURN_ARRIVAL_DAYS).total_seconds(),
        effects="database",
    )
    def arrived(run: SagaRun) -> None:
        """The pieces are in the house, and wait for somebody to look at them."""

    @step(
        waits_for=OrderReturnDecided,
        by=KEY,
        timeout_seconds=timedelta(days=settings.RETURN_DECISION_DAYS).total_seconds(),
        effects="database",
    )
    def decided(run: SagaRun) -> dict[str, Any]:
        """Somebody has looked."""
        assert isinstance(run.event, OrderReturnDecided)
        return {"accepted": run.event.accepted, "restocked": run.event.restocked}

    @step(**_PAYS)
    def settle(run: SagaRun) -> dict[str, Any]:
        """Refund, or write that nothing is refunded. Twice is once: the refund has the key of the return, and both
        mails the same Message-ID. Whoever accepted it may have refunded it already; a refusal by the payment provider
        is kept with the return, for staff to see."""
        asked = _asked(run)
        if not run.results["decided"]["accepted"]:
            _write(asked, _rejection, run.idempotency_key)
            return {"outcome": asked.status}
        try:
            finish_return(asked.order, asked.number)
        except CannotReturn:
            asked.refresh_from_db()
            if asked.status != Reversal.Status.REFUSED:
                raise
        asked.refresh_from_db()
        return {"outcome": asked.status}


@subscriber(OrderReturnRequested, name="returns.begin")
def begin(event: OrderReturnRequested) -> None:
    """Twice is once: a return has one saga."""
    start_saga(Return, key=_key(event), data={"order_id": event.order_id, "return_number": event.return_number})


@subscriber(OrderReturnDecided, name="returns.stop")
def stop(event: OrderReturnDecided) -> None:
    """Twice is once. A return that is rejected before it arrived need not arrive any more."""
    asked = Reversal.objects.get(order=event.order_id, number=event.return_number)
    if not event.accepted and asked.arrived_at is None:
        cancel_saga(Return, key=_key(event), reason="rejected before it arrived")


def _key(event: OrderReturnRequested | OrderReturnDecided) -> str:
    return KEY.format(order_id=event.order_id, return_number=event.return_number)


def _asked(run: SagaRun) -> Reversal:
    of_order = Reversal.objects.select_related("order__customer")
    return of_order.get(order=run.data["order_id"], number=run.data["return_number"])


def _write(asked: Reversal, words: Any, key: str, *more: Any) -> None:
    """A letter to the customer, in their language: `words` gives subject and paragraphs."""
    customer = asked.order.customer
    with override(customer.language):
        subject, paragraphs = words(asked.order, asked, *more)
        letter(customer, subject, paragraphs, key, about_own_order=True).send()


def _invitation(order: Order, asked: Reversal, label: Label | None) -> tuple[str, list[str]]:
    days = int(settings.RETURN_ARRIVAL_DAYS)
    deadline = ngettext(
        "It has to be with us within {days} day. When we have looked at it, {amount} goes back to your card.",
        "It has to be with us within {days} days. When we have looked at it, {amount} goes back to your card.",
        days,
    ).format(days=days, amount=amount_of(asked.amount))
    if label:
        way = _("print this label and stick it onto the parcel; its number is {number}. The way is paid.")
        paragraphs = [way.format(number=label.tracking_number), label.document, deadline]
    else:
        way = _("please send the pieces to: {address}. Write the number of your order onto the parcel.")
        paragraphs = [way.format(address=", ".join([settings.SHOP_NAME, *settings.SHOP_ADDRESS])), deadline]
    return _("Your return of order {number}").format(number=order.number), paragraphs


def _rejection(order: Order, asked: Reversal) -> tuple[str, list[str]]:
    body = _(
        "we have looked at what you sent back, and cannot take it: nothing is refunded. Answer this mail to get it."
    )
    return _("Your return of order {number}").format(number=order.number), [body]


def _closing(order: Order, asked: Reversal) -> tuple[str, list[str]]:
    body = _("your return is closed, and nothing is refunded. If you have sent it all the same, answer this mail.")
    return _("Your return of order {number}").format(number=order.number), [body]
