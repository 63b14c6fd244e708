"""What the payment provider says later, and when money is taken that was only reserved."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from events.api import Event


class PaymentReported(Event, name="payment.reported", version=1, stream="payment-report-{report_id}"):
    """The provider has told something by webhook, such as a dispute; the report is kept in full."""

    report_id: int
    event_id: str = Field(examples=["evt_1042"])
    type: str = Field(examples=["charge.dispute.created"])


class PaymentCaptured(Event, name="payment.captured", version=1, stream="order-{order_id}"):
    """The money of an order was taken: what was reserved at the checkout, less what was released since. It belongs to
    the order, so it is in the order's stream."""

    order_id: int
    charge_id: str = Field(examples=["ch_1042"])
    amount: Decimal
    currency: str = Field(examples=["GBP"])
    captured_at: datetime
