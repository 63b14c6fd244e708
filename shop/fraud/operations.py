"""Scoring an order, and deciding about one that was held."""

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import transaction

from shop.fraud.models import FraudScore
from shop.fraud.rules import findings
from shop.orders.models import Order
from shop.orders.operations import cancel, hold, release

HOLD_REASON = "Suspected fraud: {points} points"
Verdict = FraudScore.Verdict


@transaction.atomic
def score(order_id: int) -> FraudScore:
    """Score a placed order, and hold it at the threshold or above. Safe to repeat: an order is scored once, and a held
    one stays held."""
    order = Order.objects.select_related("customer").get(pk=order_id)
    found = findings(order)
    points = sum(finding.points for finding in found)
    suspicious = points >= settings.FRAUD_HOLD_POINTS
    scored, created = FraudScore.objects.get_or_create(
        order=order, defaults={"points": points, "findings": [asdict(one) for one in found]}
    )
    if created and suspicious and hold(order_id, reason=HOLD_REASON.format(points=points)):
        scored.verdict = Verdict.OPEN
        scored.save(update_fields=["verdict"])
    return scored


def accept(score: FraudScore, *, by: str, now: datetime) -> None:
    """The order is genuine: it goes on. Safe to repeat."""
    with transaction.atomic():
        if _decide(score, Verdict.GENUINE, by, now):
            release(score.order_id, by=by)


def refuse(score: FraudScore, *, by: str, now: datetime) -> None:
    """The order is fraud: it is cancelled and refunded. Safe to repeat. Raises CannotCancel, and PaymentUnavailable:
    then the cancellation is kept and completed later. Must not run inside a transaction."""
    if score.order.status not in (Order.Status.CANCELLED, Order.Status.RETURNED):
        cancel(score.order, by=by)  # the verdict says why; the reason of a cancellation is what the customer reads
    _decide(score, Verdict.FRAUD, by, now)


def _decide(score: FraudScore, verdict: str, by: str, now: datetime) -> bool:
    """Whether this call decided: of two that do at once, one does."""
    waiting = FraudScore.objects.filter(pk=score.pk, verdict=Verdict.OPEN)
    return bool(waiting.update(verdict=verdict, reviewed_by=by, reviewed_at=now))
