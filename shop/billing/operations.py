"""Issuing papers: one invoice when an order is paid, one credit note for each cancellation or return."""

import hashlib
from datetime import datetime

from django.db import transaction
from djmoney.money import Money

from events.api import emit
from shop.billing.content import PaperContent
from shop.billing.drawing import draw
from shop.billing.events import PaperIssued
from shop.billing.models import Paper
from shop.billing.numbers import next_number
from shop.billing.writing import credit_content, invoice_content, order_to_bill
from shop.orders.models import Order, Reversal

#: What a number begins with.
SERIES = {Paper.Kind.INVOICE: "INV", Paper.Kind.CREDIT_NOTE: "CRN"}
_INVOICE = "invoice"


@transaction.atomic
def issue_invoice(order_id: int, *, now: datetime) -> Paper:
    """The invoice of an order; the one that it has when it has one already."""
    if found := Paper.objects.filter(order_id=order_id, occasion=_INVOICE).first():
        return found
    order = order_to_bill(order_id)
    number, sequence = _numbered(Paper.Kind.INVOICE, now)
    return _issue(order, _INVOICE, sequence, invoice_content(order, number, now.date()), None, now)


@transaction.atomic
def issue_credit_notes(order_id: int, *, now: datetime) -> list[Paper]:
    """A credit note for everything that was taken back of the order and has none yet."""
    order = order_to_bill(order_id)
    invoice = issue_invoice(order_id, now=now)
    known = set(order.papers.values_list("occasion", flat=True))
    done = order.reversals.filter(status=Reversal.Status.DONE).order_by("number")
    return [_credit(order, one, invoice, now) for one in done if _occasion(one) not in known]


def file_of(paper: Paper) -> bytes:
    """The PDF; always the same bytes, for it is drawn from what was taken down when the paper was issued."""
    return draw(PaperContent.model_validate(paper.content))


def seal(paper_id: int) -> None:
    """Draw the file once and keep its checksum; safe to repeat."""
    paper = Paper.objects.get(pk=paper_id)
    checksum = hashlib.sha256(file_of(paper)).hexdigest()
    Paper.objects.filter(pk=paper_id, sha256="").update(sha256=checksum)


def _credit(order: Order, reversal: Reversal, invoice: Paper, now: datetime) -> Paper:
    number, sequence = _numbered(Paper.Kind.CREDIT_NOTE, now)
    content = credit_content(order, reversal, invoice, number, now.date())
    return _issue(order, _occasion(reversal), sequence, content, invoice, now)


def _occasion(reversal: Reversal) -> str:
    return f"reversal-{reversal.number}"


def _numbered(kind: Paper.Kind, now: datetime) -> tuple[str, int]:
    sequence = next_number(SERIES[kind], now.year)
    return f"{SERIES[kind]}-{now.year}-{sequence:06}", sequence


def _issue(
    order: Order, occasion: str, sequence: int, content: PaperContent, invoice: Paper | None, now: datetime
) -> Paper:
    paper = Paper.objects.create(
        kind=content.kind,
        number=content.number,
        year=now.year,
        sequence=sequence,
        order=order,
        invoice=invoice,
        occasion=occasion,
        total=Money(content.total, order.currency),
        language=content.language,
        content=content.model_dump(mode="json"),
        issued_at=now,
    )
    emit(
        PaperIssued(
            paper_id=paper.pk,
            number=paper.number,
            kind=paper.kind,
            order_id=order.pk,
            customer_id=order.customer_id,
        )
    )
    return paper
