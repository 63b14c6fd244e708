"""Orders in the admin: read, and changed through operations, never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from shop.ledgers import LedgerAdmin
from shop.orders.desk import OrderDesk
from shop.orders.models import Order, OrderLine, OrderNote, Reversal
from shop.orders.past_desk import OrderPast
from shop.orders.story import story

_COLOURS = {
    "pending": "info",
    "placed": "info",
    "paid": "success",
    "packed": "success",
    "shipped": "success",
    "delivered": "success",
    "cancelled": "danger",
    "returned": "danger",
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

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the order sees all of it."""
        return request.user.has_perm("orders.view_order")


class OrderLineInline(ReadOnlyInline):
    """The lines."""

    model = OrderLine
    fields = [
        "position", "product", "variant", "quantity", "unit_price", "discount", "tax", "cancelled_quantity",
        "returned_quantity",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["position"]
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """With the products."""
        return super().get_queryset(request).select_related("product", "variant")


class ReversalInline(ReadOnlyInline):
    """The cancellations and returns."""

    model = Reversal
    fields = [
        "number",
        "kind",
        "status",
        "restock",
        "amount",
        "unit_count",
        "reason",
        "by",
        "refund_id",
        "created_at",
        "arrived_at",
    ]
    readonly_fields = fields
    ordering = ["number"]


class NoteInline(ReadOnlyInline):
    """What staff noted."""

    model = OrderNote
    fields = ["text", "by", "created_at"]
    readonly_fields = fields
    ordering = ["id"]


@admin.register(Order)
class OrderAdmin(OrderDesk, OrderPast, LedgerAdmin):
    """Orders with lines, what was taken back, notes, and everything that happened; they come from the checkout."""

    list_display = [
        "number", "customer", "shown_status", "shown_hold", "total", "cancelled_total", "returned_total", "unit_count",
        "created_at",
    ]  # fmt: skip
    list_filter = ["status", ("held_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__email", "charge_id", "tracking_number"]
    inlines = [OrderLineInline, ReversalInline, NoteInline]
    readonly_fields = ["shown_timeline"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "number", "customer", "status", "total", "cancelled_total", "returned_total", "held_at",
                    "hold_reason", "shown_timeline",
                ]
            },
        ),
        (
            _("Money"),
            {
                "classes": ["tab"],
                "fields": [
                    "subtotal", "discount", "shipping_fee", "tax", "coupon_code", "affiliate", "charge_id",
                    "captured_at",
                ],
            },
        ),
        (
            _("Way"),
            {
                "classes": ["tab"],
                "fields": [
                    "shipping_address", "billing_address", "created_at", "placed_at", "packed_at", "shipped_at",
                    "delivered_at", "carrier", "tracking_number",
                ],
            },
        ),
    ]  # fmt: skip

    @display(description=_("status"), ordering="status", label=_COLOURS)
    def shown_status(self, order: Order) -> tuple[str, str]:
        """Coloured."""
        return order.status, order.get_status_display()

    @display(description=_("held"), label="warning")
    def shown_hold(self, order: Order) -> str:
        """Why, where it is."""
        return order.hold_reason if order.held_at else ""

    @display(description=_("what happened"))
    def shown_timeline(self, order: Order) -> str:
        """From the log."""
        return format_html("{}", render_to_string("orders/timeline.html", {"moments": story(order), "order": order}))


@admin.register(Reversal)
class ReversalAdmin(LedgerAdmin):
    """Where staff find the returns that customers have asked for; each is decided on its order's page."""

    list_display = ["order", "number", "kind", "status", "amount", "unit_count", "reason", "created_at"]
    list_filter = ["kind", "status"]
    list_select_related = ["order"]
    search_fields = ["order__number", "refund_id"]
    ordering = ["-id"]
