"""Orders in the admin: read, and cancelled through the operation, never edited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.errors import ShopError
from shop.ledgers import LedgerAdmin
from shop.orders.models import Cancellation, Order, OrderLine
from shop.orders.operations import cancel

_COLOURS = {
    "pending": "info",
    "placed": "info",
    "paid": "success",
    "cancelled": "danger",
    "declined": "warning",
    "expired": "warning",
}


class ReadOnlyInline(TabularInline):
    """Shown with the order, written by operations."""

    extra = 0
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only operations add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only operations change."""
        return False


class OrderLineInline(ReadOnlyInline):
    """The lines."""

    model = OrderLine
    fields = ["position", "product", "quantity", "unit_price", "cancelled_quantity"]
    readonly_fields = fields
    ordering = ["position"]
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the products."""
        return super().get_queryset(request).select_related("product")


class CancellationInline(ReadOnlyInline):
    """The cancellations."""

    model = Cancellation
    fields = ["number", "status", "amount", "unit_count", "reason", "by", "refund_id", "created_at"]
    readonly_fields = fields
    ordering = ["number"]


class CancelForm(BaseDialogForm):
    """Asks for the reason before anything happens."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget, strip=True
    )


@admin.register(Order)
class OrderAdmin(LedgerAdmin):
    """Orders with lines and cancellations; they come from the checkout, and operations change them."""

    list_display = ["number", "customer", "shown_status", "total", "cancelled_total", "unit_count", "created_at"]
    list_filter = ["status", "created_at"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__email", "charge_id"]
    inlines = [OrderLineInline, CancellationInline]
    actions_detail = ["cancel_order"]

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A permission of its own, on top of that to look."""
        return request.user.has_perms(["orders.view_order", "orders.cancel_order"])

    @display(description=_("status"), ordering="status", label=_COLOURS)
    def shown_status(self, order: Order) -> tuple[str, str]:
        """Coloured."""
        return order.status, order.get_status_display()

    @action(
        description=_("Cancel order"),
        url_path="cancel-order",
        icon="cancel",
        permissions=["cancel"],
        dialog={
            "title": _("Cancel this order?"),
            "description": _("All that is left of it is refunded and put back into the stock. This cannot be undone."),
            "form_class": CancelForm,
            "form_submit_text": _("Cancel the order and refund it"),
        },
    )
    def cancel_order(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        """Cancel all that is left; the dialog makes it a POST."""
        if (order := self.get_object(request, object_id)) is None:
            raise Http404
        try:
            cancel(order, by=f"user:{request.user.pk}", reason=form.cleaned_data["reason"])
        except ShopError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            done = gettext("Order {number} was cancelled and refunded.").format(number=order.number)
            self.message_user(request, done, messages.SUCCESS)
        page = reverse("admin:orders_order_change", args=[order.pk])
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
