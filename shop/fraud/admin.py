"""Suspicious orders in the admin: looked at, and decided about."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from shop.errors import ShopError
from shop.fraud.models import FraudScore
from shop.fraud.operations import accept, refuse
from shop.fraud.rules import sentence
from shop.ledgers import LedgerAdmin

_COLOURS = {"": "success", "open": "danger", "genuine": "success", "fraud": "warning"}


@admin.register(FraudScore)
class FraudScoreAdmin(LedgerAdmin):
    """Scores; those to be reviewed are one click away."""

    list_display = ["order", "points", "shown_verdict", "shown_why", "created_at"]
    list_filter = ["verdict"]
    list_select_related = ["order"]
    search_fields = ["order__number__exact"]
    fields = ["shown_order", "points", "shown_findings", "verdict", "reviewed_by", "reviewed_at", "created_at"]
    readonly_fields = fields
    actions_detail = ["accept_order", "refuse_order"]

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Those who may decide, and only while there is something to decide."""
        may = request.user.has_perms(["fraud.view_fraudscore", "fraud.review_fraudscore"])
        return may and (object_id is None or FraudScore.objects.filter(pk=object_id, verdict="open").exists())

    @display(description=_("verdict"), label=_COLOURS)
    def shown_verdict(self, score: FraudScore) -> tuple[str, str]:
        """Coloured."""
        return score.verdict, score.get_verdict_display()

    @display(description=_("findings"))
    def shown_why(self, score: FraudScore) -> str:
        """In one line."""
        return " ".join(sentence(finding) for finding in score.findings)

    @display(description=_("findings"))
    def shown_findings(self, score: FraudScore) -> Any:
        """A line each, with its points."""
        lines = [(sentence(finding), finding["points"]) for finding in score.findings]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} (+{})</li>", lines)) if lines else "–"

    @display(description=_("order"))
    def shown_order(self, score: FraudScore) -> Any:
        """With the way to it."""
        page = reverse("admin:orders_order_change", args=[score.order_id])
        return format_html('<a href="{}">{}</a>', page, score.order.number)

    @action(
        description=_("Genuine: let it go on"),
        url_path="accept-order",
        icon="verified_user",
        permissions=["review"],
        dialog={
            "title": _("Is this order genuine?"),
            "description": _("The order is released and can be packed."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Release the order"),
        },
    )
    def accept_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Releases it; the dialog makes it a POST."""
        return self._decided(request, object_id, accept, gettext("Order {number} goes on."))

    @action(
        description=_("Fraud: cancel and refund"),
        url_path="refuse-order",
        icon="gpp_bad",
        permissions=["review"],
        dialog={
            "title": _("Is this order fraud?"),
            "description": _("All of it is cancelled and refunded. This cannot be undone."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Cancel the order and refund it"),
        },
    )
    def refuse_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Cancels it; the dialog makes it a POST."""
        return self._decided(request, object_id, refuse, gettext("Order {number} was cancelled and refunded."))

    def _decided(self, request: HttpRequest, object_id: str, decide: Callable[..., None], done: str) -> HttpResponse:
        score = self.get_object(request, object_id)
        if score is None:
            raise Http404
        try:
            decide(score, by=f"user:{request.user.pk}", now=timezone.now())
        except ShopError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, done.format(number=score.order.number), messages.SUCCESS)
        page = reverse("admin:fraud_fraudscore_change", args=[score.pk])
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
