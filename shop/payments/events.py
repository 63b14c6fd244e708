"""What the payment provider says later."""

from events.api import Event


class PaymentReported(Event, name="payment.reported", version=1, stream="payment-report-{report_id}"):
    """The provider has told something by webhook, such as a dispute; the report is kept in full."""

    report_id: int
    event_id: str
    type: str
