"""Invoices and credit notes."""

from django.utils import timezone

from events.api import subscriber
from shop.billing.events import PaperIssued
from shop.billing.operations import issue_credit_notes, issue_invoice, seal
from shop.orders.events import OrderCancelled, OrderPaid, OrderReturned


@subscriber(OrderPaid, OrderCancelled, OrderReturned, name="billing.issue_papers", ordered=True)
def issue_papers(event: OrderPaid | OrderCancelled | OrderReturned) -> None:
    """Twice is once: the paper and its delivery are one transaction, and an order has one paper an occasion. In order,
    because the credit note refers to the invoice; dated when it is issued, so that dates rise with the numbers."""
    if isinstance(event, OrderPaid):
        issue_invoice(event.order_id, now=timezone.now())
    else:
        issue_credit_notes(event.order_id, now=timezone.now())


@subscriber(PaperIssued, name="billing.seal_paper")
def seal_paper(event: PaperIssued) -> None:
    """Twice is once: the same paper has the same bytes, and the first checksum stays."""
    seal(event.paper_id)
