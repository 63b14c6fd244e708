"""Orders as documents: what the API accepts and shows."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.orders.models import Order, OrderLine
from shop.orders.operations import Buyer, LineWish
from shop.payments.provider import Card
from shop.strict import StrictDecimalField, StrictIntegerField, StrictSerializer, TextField

MAX_LINES = 2_000
MAX_QUANTITY = 1_000_000


class EmailField(TextField, serializers.EmailField):
    """An e-mail address as a JSON string, in lower case before its length is checked: "İ" becomes two characters."""

    def to_internal_value(self, data: Any) -> str:
        """Validate the type first."""
        return super().to_internal_value(data).lower()


class BuyerInput(StrictSerializer):
    """Who buys; the language defaults to the request's."""

    email = EmailField(max_length=254)
    name = TextField(max_length=200)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)


class LineInput(StrictSerializer):
    """So many pieces of one SKU. The price is the catalogue's; only staff who may agree prices give one."""

    sku = TextField(max_length=64)
    quantity = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY)
    unit_price = StrictDecimalField(max_digits=14, decimal_places=4, min_value=0, required=False)


class CardInput(StrictSerializer):
    """The card to charge. Never stored, never shown."""

    number = TextField(write_only=True, validators=[RegexValidator(r"^[0-9]{12,19}\Z", _("12 to 19 digits."))])


class CheckoutInput(StrictSerializer):
    """One order."""

    customer = BuyerInput()
    lines = LineInput(many=True, allow_empty=False, max_length=MAX_LINES)
    card = CardInput()

    @property
    def buyer(self) -> Buyer:
        """Who buys."""
        return Buyer(**{"language": _request_language(), **self.validated_data["customer"]})

    @property
    def wishes(self) -> list[LineWish]:
        """The lines, in the given order; lines of one SKU stay apart."""
        return [LineWish(**line) for line in self.validated_data["lines"]]

    @property
    def payment_card(self) -> Card:
        """What is charged."""
        return Card(self.validated_data["card"]["number"])


class CancelledLineInput(StrictSerializer):
    """So many pieces of the line at a position."""

    position = StrictIntegerField(min_value=1, max_value=MAX_LINES)
    quantity = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY)


class CancelInput(StrictSerializer):
    """What to cancel: some lines, or without `lines` all that is left."""

    lines = CancelledLineInput(many=True, allow_empty=False, max_length=MAX_LINES, required=False)
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


class OrderLineDocument(serializers.ModelSerializer):
    """A line of an order."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    unit_price = serializers.DecimalField(source="unit_price.amount", max_digits=16, decimal_places=4, read_only=True)

    class Meta:
        model = OrderLine
        fields = ["position", "sku", "quantity", "unit_price", "cancelled_quantity"]
        read_only_fields = fields


class OrderSummary(serializers.ModelSerializer):
    """An order in a list."""

    customer = serializers.EmailField(source="customer.email", read_only=True)
    total = serializers.DecimalField(source="total.amount", max_digits=14, decimal_places=2, read_only=True)
    cancelled_total = serializers.DecimalField(
        source="cancelled_total.amount", max_digits=14, decimal_places=2, read_only=True
    )
    currency = serializers.CharField(read_only=True)

    class Meta:
        model = Order
        fields = [
            "number", "status", "customer", "total", "cancelled_total", "currency", "line_count", "unit_count",
            "cancelled_unit_count", "created_at", "placed_at",
        ]  # fmt: skip
        read_only_fields = fields


class OrderDocument(OrderSummary):
    """An order with its lines, for staff."""

    lines = OrderLineDocument(many=True, read_only=True)

    class Meta(OrderSummary.Meta):
        fields = [*OrderSummary.Meta.fields, "lines"]
        read_only_fields = fields


class ReceiptDocument(serializers.ModelSerializer):
    """The answer to a checkout."""

    total = serializers.DecimalField(source="total.amount", max_digits=14, decimal_places=2, read_only=True)
    currency = serializers.CharField(read_only=True)
    lines = OrderLineDocument(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["number", "status", "total", "currency", "lines"]
        read_only_fields = fields


def _request_language() -> str:
    active = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return active if active in dict(settings.LANGUAGES) else FALLBACK_LANGUAGE


def asks_for_prices(data: dict[str, Any]) -> bool:
    """Whether a validated checkout brings prices of its own."""
    return any("unit_price" in line for line in data["lines"])
