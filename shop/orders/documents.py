"""Orders as documents: what the API accepts and shows."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.orders.models import Order, OrderLine, OrderNote, Reversal, ReversedLine
from shop.orders.permissions import sees_all_orders
from shop.strict import EmailField, StrictBooleanField, StrictIntegerField, StrictSerializer, TextField

MAX_LINES = 2_000
MAX_QUANTITY = 1_000_000


class LinePiecesInput(StrictSerializer):
    """So many pieces of the line at a position."""

    position = StrictIntegerField(min_value=1, max_value=MAX_LINES)
    quantity = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY)


class CancelInput(StrictSerializer):
    """What to take back: some lines, or without `lines` all that is left."""

    lines = LinePiecesInput(many=True, allow_empty=False, max_length=MAX_LINES, required=False)
    reason = TextField(max_length=200, allow_blank=True, required=False, default="")

    def validate_lines(self, lines: list[dict[str, int]]) -> list[dict[str, int]]:
        """Each position once."""
        counts = Counter(line["position"] for line in lines)
        if repeated := [str(position) for position, count in counts.items() if count > 1]:
            raise serializers.ValidationError(
                _("Each line can be named once; repeated: {positions}.").format(positions=", ".join(repeated)),
                "repeated",
            )
        return lines

    @property
    def quantities(self) -> dict[int, int] | None:
        """Pieces by position; None for all that is left."""
        lines = self.validated_data.get("lines")
        return None if lines is None else {line["position"]: line["quantity"] for line in lines}


class ReturnInput(CancelInput):
    """What came back; without `restock` it is not sold again."""

    restock = StrictBooleanField(required=False, default=True)


class ReceiveInput(StrictSerializer):
    """Which return has arrived."""

    return_number = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY)
    restock = StrictBooleanField(required=False, default=True)


class RejectInput(StrictSerializer):
    """Which return is not taken back, or has arrived."""

    return_number = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY)


class ShipInput(StrictSerializer):
    """Who carries it."""

    carrier = TextField(max_length=100)
    tracking_number = TextField(max_length=100, allow_blank=True, required=False, default="")


class HoldInput(StrictSerializer):
    """Why."""

    reason = TextField(max_length=200)


class NoteInput(StrictSerializer):
    """What to remember."""

    text = TextField(max_length=1000, multiline=True)


class LookUpInput(StrictSerializer):
    """What a guest knows of an order."""

    number = TextField(max_length=20)
    email = EmailField(max_length=254)


def amount(source: str) -> serializers.DecimalField:
    """The amount of a field of money, as text."""
    return serializers.DecimalField(source=f"{source}.amount", max_digits=14, decimal_places=2, read_only=True)


class OrderLineDocument(serializers.ModelSerializer):
    """A line of an order."""

    sku = serializers.CharField(read_only=True)
    unit_price = serializers.DecimalField(source="unit_price.amount", max_digits=16, decimal_places=4, read_only=True)
    discount = amount("discount")
    tax = amount("tax")

    class Meta:
        model = OrderLine
        fields = [
            "position", "sku", "quantity", "unit_price", "discount", "tax", "cancelled_quantity", "returned_quantity",
        ]  # fmt: skip
        read_only_fields = fields


class OrderSummary(serializers.ModelSerializer):
    """An order in a list."""

    customer = serializers.EmailField(source="customer.email", read_only=True)
    total = amount("total")
    cancelled_total = amount("cancelled_total")
    returned_total = amount("returned_total")
    currency = serializers.CharField(read_only=True)

    class Meta:
        model = Order
        fields = [
            "number", "status", "customer", "total", "cancelled_total", "returned_total", "currency", "line_count",
            "unit_count", "cancelled_unit_count", "returned_unit_count", "created_at", "placed_at", "packed_at",
            "shipped_at", "delivered_at", "carrier", "tracking_number",
        ]  # fmt: skip
        read_only_fields = fields


class ReversedLineDocument(serializers.ModelSerializer):
    """Pieces of a line that were taken back."""

    position = serializers.IntegerField(source="line.position", read_only=True)

    class Meta:
        model = ReversedLine
        fields = ["position", "quantity"]
        read_only_fields = fields


class ReversalDocument(serializers.ModelSerializer):
    """A cancellation or a return."""

    amount = amount("amount")
    lines = ReversedLineDocument(many=True, read_only=True)

    class Meta:
        model = Reversal
        fields = ["number", "kind", "status", "amount", "unit_count", "reason", "created_at", "lines"]
        read_only_fields = fields


class NoteDocument(serializers.ModelSerializer):
    """A remark of staff."""

    class Meta:
        model = OrderNote
        fields = ["text", "by", "created_at"]
        read_only_fields = fields


class StaffPart(serializers.ModelSerializer):
    """What only staff see of an order."""

    notes = NoteDocument(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["held_at", "hold_reason", "charge_id", "notes"]
        read_only_fields = fields


class OrderDocument(OrderSummary):
    """An order with its lines. `staff` is null for customers."""

    subtotal = amount("subtotal")
    discount = amount("discount")
    shipping_fee = amount("shipping_fee")
    tax = amount("tax")
    shipping_address = serializers.DictField(child=serializers.CharField(allow_blank=True), read_only=True)
    billing_address = serializers.DictField(child=serializers.CharField(allow_blank=True), read_only=True)
    lines = OrderLineDocument(many=True, read_only=True)
    reversals = ReversalDocument(many=True, read_only=True)
    staff = serializers.SerializerMethodField()

    class Meta(OrderSummary.Meta):
        fields = [
            *OrderSummary.Meta.fields, "subtotal", "discount", "shipping_fee", "tax", "coupon_code", "shipping_address",
            "billing_address", "lines", "reversals", "staff",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(StaffPart(allow_null=True))
    def get_staff(self, order: Order) -> dict[str, Any] | None:
        """Holds say why somebody is suspected, and notes are frank."""
        user = getattr(self.context.get("request"), "user", None)
        return StaffPart(order).data if user is not None and sees_all_orders(user) else None
