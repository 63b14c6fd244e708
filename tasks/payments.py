"""What the payment provider tells later: disputes hold the order, and refunds that failed are shown to staff."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from events.api import Snooze, subscriber
from shop.orders.models import Order
from shop.orders.operations import hold
from shop.payments.events import PaymentReported
from shop.payments.models import ProviderReport
from shop.payments.reports import charge_of, enter_report, is_won

PATIENCE = timedelta(hours=2)
WAIT_SECONDS = 10


@subscriber(PaymentReported, name="payments.read_report")
def read_report(event: PaymentReported) -> None:
    """Twice is once: the book of payments takes the same values again, and a held order stays held.

    The report may be faster than the shop: a web process that was killed after the charge leaves its order to
    settle_abandoned, so what is not there yet is waited for.
    """
    report = ProviderReport.objects.get(pk=event.report_id)
    is_entered = enter_report(report)
    is_held = report.type != "charge.dispute.created" or is_won(report) or _hold(report)
    if not (is_entered and is_held) and timezone.now() - report.received_at < PATIENCE:
        raise Snooze(WAIT_SECONDS, "the payment that the report is about is not in the books yet")


def _hold(report: ProviderReport) -> bool:
    """Whether there is such an order; one that was sent already cannot be held, and its payment says disputed."""
    order_id = Order.objects.filter(charge_id=charge_of(report)).values_list("pk", flat=True).first()
    if order_id is None:
        return False
    hold(order_id, reason=_("The card's owner disputes the payment."))
    return True
