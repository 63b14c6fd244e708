"""The provider's reports: kept once each, then read in the background."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from events.api import emit
from shop.payments.events import PaymentReported
from shop.payments.models import Payment, ProviderReport, text_about

Outcome = Payment.Outcome
DISPUTES = ("charge.dispute.created", "charge.dispute.closed")
REFUNDS = ("refund.updated", "refund.failed", "charge.refund.updated")
#: What the end of a refund means, in the provider's words.
REFUND_ENDS = {"succeeded": Outcome.REFUNDED, "failed": Outcome.FAILED, "canceled": Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class Told:
    """One webhook, as it came; `content` is what it calls its data."""

    event_id: str
    type: str
    content: dict[str, Any]
    told_at: datetime


def keep(told: Told) -> ProviderReport:
    """Store a report and emit payment.reported, once by event id however often it is sent."""
    thing_id = text_about(told.content, "id")[:255]
    values = {"type": told.type, "thing_id": thing_id, "content": told.content, "told_at": told.told_at}
    with transaction.atomic():
        report, is_new = ProviderReport.objects.get_or_create(event_id=told.event_id, defaults=values)
        if is_new:
            emit(PaymentReported(report_id=report.pk, event_id=report.event_id, type=report.type))
    return report


def charge_of(report: ProviderReport) -> str:
    """The charge that a dispute is about, by the id that orders keep; empty for reports of other things."""
    if report.type not in DISPUTES:
        return ""
    return report.about("payment_intent") or report.about("charge")


def enter_report(report: ProviderReport) -> bool:
    """Bring the book of payments up to date; False when the payment is not in it yet. The latest report about a thing
    counts, in whatever order they arrive; twice is once."""
    if _is_outdated(report):
        return True
    if report.type in DISPUTES:
        return _enter_dispute(report)
    if report.type in REFUNDS and report.about("status") in REFUND_ENDS:
        return _enter_refund(report)
    return True


def _enter_dispute(report: ProviderReport) -> bool:
    outcome = Outcome.CHARGED if report.about("status") == "won" else Outcome.DISPUTED
    reason = report.about("reason") or report.about("status")
    charges = Payment.objects.filter(provider_id=charge_of(report), kind=Payment.Kind.CHARGE)
    return bool(charges.update(outcome=outcome, reason=reason[:100]))


def _enter_refund(report: ProviderReport) -> bool:
    refunds = Payment.objects.filter(provider_id=report.about("id"), kind=Payment.Kind.REFUND)
    reason = report.about("failure_reason")
    return bool(refunds.update(outcome=REFUND_ENDS[report.about("status")], reason=reason[:100]))


def is_won(report: ProviderReport) -> bool:
    """Whether the shop has won the dispute meanwhile, which may be told first."""
    later = ProviderReport.objects.filter(thing_id=report.thing_id, told_at__gte=report.told_at)
    return later.filter(type="charge.dispute.closed", content__object__status="won").exists()


def moment(seconds: int) -> datetime:
    """An instant from the provider's Unix time."""
    return datetime.fromtimestamp(seconds, UTC)


def _is_outdated(report: ProviderReport) -> bool:
    later = ProviderReport.objects.filter(thing_id=report.thing_id, told_at__gt=report.told_at)
    return bool(report.thing_id) and later.exists()
