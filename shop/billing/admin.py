"""Papers in the admin: to be read and downloaded."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from shop.billing.api import pdf_response
from shop.billing.keeping import NAMELESS, kept_until
from shop.billing.models import Paper
from shop.ledgers import LedgerAdmin


@admin.register(Paper)
class PaperAdmin(LedgerAdmin):
    """Invoices and credit notes, the newest first."""

    list_display = ["number", "shown_kind", "order", "total", "issued_at", "file"]
    list_filter = ["kind"]
    list_select_related = ["order"]
    search_fields = ["number__exact", "order__number__exact"]
    fields = ["number", "kind", "order", "invoice", "total", "language", "issued_at", "sha256", "file", "shown_keeping"]

    def get_urls(self) -> list[Any]:
        """One more, for the file."""
        file = path("<int:pk>/file/", self.admin_site.admin_view(self.show_file), name="billing_paper_file")
        return [file, *super().get_urls()]

    def show_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The PDF."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return pdf_response(get_object_or_404(Paper, pk=pk))

    @display(description=_("kind"), label={Paper.Kind.INVOICE: "success", Paper.Kind.CREDIT_NOTE: "warning"})
    def shown_kind(self, paper: Paper) -> tuple[str, str]:
        """Coloured."""
        return paper.kind, paper.get_kind_display()

    @display(description=_("personal data"))
    def shown_keeping(self, paper: Paper) -> str:
        """Why a paper still says who somebody was who is erased everywhere else."""
        erased_at = paper.order.customer.erased_at
        if erased_at is None:
            return "–"
        if paper.content["buyer"] == NAMELESS:
            return gettext("The customer was erased, and the time is over for which the law wants the paper whole.")
        text = gettext("The customer was erased on {day}. The law wants the paper kept as it is until {until}.")
        return text.format(day=date_format(erased_at), until=date_format(kept_until(paper)))

    @display(description=_("file"))
    def file(self, paper: Paper) -> str:
        """A link to the PDF."""
        return format_html('<a href="{}">PDF</a>', reverse("admin:billing_paper_file", args=[paper.pk]))
