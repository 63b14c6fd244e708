"""How long papers of somebody who was erased are kept: as long as the law says, and then nobody is named on them."""

from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

from shop.billing.models import Paper

NAMELESS = {"name": "(erased)", "lines": []}


def kept_until(paper: Paper) -> date:
    """The last day on which the law wants it whole: so many calendar years after the one in which it was issued."""
    return date(paper.issued_at.year + settings.INVOICE_KEEP_YEARS, 12, 31)


def forget_parties(now: datetime) -> int:
    """Take the names off papers whose time is over and whose customer was erased; how many. Numbers, goods and amounts
    stay. Twice is once."""
    old = (
        _of_erased().filter(issued_at__year__lt=now.year - settings.INVOICE_KEEP_YEARS).exclude(content__buyer=NAMELESS)
    )
    papers = list(old)
    for paper in papers:
        content = paper.content | {"buyer": NAMELESS, "delivery": None, "reason": ""}
        # The file is another one now, so that the old checksum says nothing of it any more.
        Paper.objects.filter(pk=paper.pk).update(content=content, sha256="")
    return len(papers)


def _of_erased() -> QuerySet[Paper]:
    return Paper.objects.filter(order__customer__erased_at__isnull=False)
