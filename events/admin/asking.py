"""Asking for a reason before something is done, for one row in a dialog and for several on a page."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

REASON_LIMIT = 1_000
_SHOWN_ROWS = 10


class ReasonForm(BaseDialogForm):
    """Why: whoever looks at it later reads this."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LIMIT,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("Kept with the record, for those who look at it later."),
    )


def dialog(title: Any, description: Any, submit: Any, form: type[BaseDialogForm] | None = ReasonForm) -> dict[str, Any]:
    """What unfold's action decorator takes: it makes the action a POST, and a GET only shows the question."""
    return {"title": title, "description": description, "form_class": form, "form_submit_text": submit}


def reason_for(request: HttpRequest) -> str | None:
    """The reason that was given on the page of ask_for_reason; None when it has not been asked for yet."""
    form = ReasonForm(request, data=request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else None


def ask_for_reason(
    page: ModelAdmin, request: HttpRequest, rows: QuerySet[Any], question: dict[str, Any]
) -> HttpResponse:
    """A page with the question; its answer is the same action again, for the same rows."""
    was_answered = "_form_submitted" in request.POST
    context = {
        **page.admin_site.each_context(request),
        "title": question["title"],
        "question": question,
        "form": ReasonForm(request, data=request.POST if was_answered else None),
        "opts": page.model._meta,
        "media": page.media,
        "action": request.POST["action"],
        "rows": rows[:_SHOWN_ROWS],
        "row_count": rows.count(),
        "pks": list(rows.values_list("pk", flat=True)),
    }
    return TemplateResponse(request, "admin/events/reason.html", context)


def show(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to a page, from a dialog or without scripts."""
    return (
        HttpResponse(headers={"HX-Redirect": url}) if request.headers.get("HX-Request") else HttpResponseRedirect(url)
    )
