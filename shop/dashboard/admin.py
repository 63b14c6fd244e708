"""The figures on the first page of the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from shop.dashboard.operations import figures

admin.site.index_template = "dashboard/index.html"


def add_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For those who may see the sales; what UNFOLD's DASHBOARD_CALLBACK names."""
    if request.user.has_perm("analytics.view_dailysales"):
        shown = figures(timezone.now())
        for order in shown["late"]["oldest"]:
            order["placed_at"] = parse_datetime(order["placed_at"])
        context["figures"] = shown | {"computed_at": parse_datetime(shown["computed_at"])}
    return context
