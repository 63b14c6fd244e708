"""What comes some days after an order: a thank-you, and a request for a review."""

from celery import shared_task
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from events.api import Context, acting_as, subscriber
from shop.followups.events import FollowUpDue
from shop.followups.models import FollowUp
from shop.followups.operations import drop, note_sent, plan, ring, still_wanted
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from tasks.letters import letter


@subscriber(OrderPlaced, name="followups.plan")
def plan_followups(event: OrderPlaced, context: Context) -> None:
    """Twice is once: an order has one timer of each kind."""
    plan(event.order_id, context.occurred_at)


@subscriber(OrderCancelled, OrderReturned, name="followups.drop")
def drop_followups(event: OrderCancelled | OrderReturned) -> None:
    """Twice stops nothing more. A part that is cancelled or returned leaves the rest to be thanked for."""
    if event.whole:
        drop(event.order_id, now=timezone.now())


@subscriber(FollowUpDue, name="followups.send", effects="external", max_retries=8)
def send_followup(event: FollowUpDue, context: Context) -> None:
    """Twice is once, for a mail that is out is noted; if the worker dies between the two, both have the same
    Message-ID."""
    timer = still_wanted(event.followup_id, now=timezone.now())
    if timer is None:
        return
    with override(timer.order.customer.language):
        followup(timer, context.idempotency_key).send()
    note_sent(timer.pk, now=timezone.now())


@shared_task(name="tasks.followups.ring_timers", ignore_result=True)
def ring_timers() -> int:
    """Every minute. Running it twice, even at once, is safe: ring is. What was due while nothing ran comes now."""
    with acting_as("system:followups.ring"):
        return ring(now=timezone.now())


def followup(timer: FollowUp, key: str) -> EmailMultiAlternatives:
    """The mail, in the language that must be active."""
    order = timer.order
    if timer.kind == FollowUp.Kind.THANKS:
        subject = _("Thank you for your order {number}").format(number=order.number)
        body = [
            _("thank you for buying from us. If anything about your order is not as it should be, answer this mail.")
        ]
        return letter(order.customer, subject, body, key)
    names = _kept(timer, order.customer.language)
    subject = _("How do you like it?")
    body = [
        ngettext(
            "some days ago you ordered this from us (order {number}):",
            "some days ago you ordered these from us (order {number}):",
            len(names),
        ).format(number=order.number),
        *names,
        _("Other customers would like to know what you think: write a review with your account, or answer this mail."),
    ]
    return letter(order.customer, subject, body, key)


def _kept(timer: FollowUp, language: str) -> list[str]:
    """The names of the products of which something was not cancelled or returned, each once."""
    lines = timer.order.lines.select_related("product").prefetch_related("product__translations")
    kept = [line for line in lines if line.quantity > line.cancelled_quantity + line.returned_quantity]
    return list(dict.fromkeys(line.product.name_in(language) for line in kept))
