"""Checkouts as documents: what the counter accepts, and the receipt."""

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.customers.documents import AddressInput
from shop.orders.documents import MAX_LINES, MAX_QUANTITY
from shop.orders.models import Order, OrderLine
from shop.payments.provider import Card
from shop.pricing.goods import LineWish
from shop.strict import EmailField, StrictDecimalField, StrictIntegerField, StrictSerializer, TextField


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
    """One order: of `lines`, or of a `cart`. Prices, fees and taxes are the shop's."""

    customer = BuyerInput(required=False, help_text="Who buys. Left out by customers who are logged in.")
    lines = LineInput(many=True, allow_empty=False, max_length=MAX_LINES, required=False)
    cart = TextField(max_length=100, required=False, help_text='A guest\'s cart by its token, or "own" when logged in.')
    card = CardInput()
    coupon = TextField(max_length=40, required=False, help_text="Without it, that of the cart.")
    currency = serializers.ChoiceField(settings.CURRENCIES, required=False, help_text="Without it, that of the goods.")
    shipping_address = AddressInput(required=False, help_text="Without it, a customer's default address.")
    billing_address = AddressInput(required=False, help_text="Without it, a customer's default, else where it ships.")
    affiliate = TextField(max_length=40, required=False, help_text="The code of the partner who sent the buyer.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Either lines or a cart."""
        if "lines" in values and "cart" in values:
            raise serializers.ValidationError({"cart": _("Give either lines or a cart.")}, "ambiguous")
        if "lines" not in values and "cart" not in values:
            raise serializers.ValidationError({"lines": _("This field is required.")}, "required")
        return values

    @property
    def wishes(self) -> list[LineWish]:
        """The lines, in the given order; lines of one SKU stay apart."""
        return [LineWish(**line) for line in self.validated_data["lines"]]

    @property
    def payment_card(self) -> Card:
        """What is charged."""
        return Card(self.validated_data["card"]["number"])

    @property
    def asks_for_prices(self) -> bool:
        """Whether it brings prices of its own."""
        return any("unit_price" in line for line in self.validated_data.get("lines", []))


class ReceiptLineDocument(serializers.ModelSerializer):
    """A line of a receipt."""

    sku = serializers.CharField(read_only=True)
    unit_price = serializers.DecimalField(source="unit_price.amount", max_digits=16, decimal_places=4, read_only=True)
    discount = serializers.DecimalField(source="discount.amount", max_digits=14, decimal_places=2, read_only=True)
    tax = serializers.DecimalField(source="tax.amount", max_digits=14, decimal_places=2, read_only=True)

    class Meta:
        model = OrderLine
        fields = ["position", "sku", "quantity", "unit_price", "discount", "tax", "cancelled_quantity"]
        read_only_fields = fields


class ReceiptDocument(serializers.ModelSerializer):
    """The answer to a checkout: total = subtotal − discount + shipping_fee + tax."""

    subtotal = serializers.DecimalField(source="subtotal.amount", max_digits=14, decimal_places=2, read_only=True)
    discount = serializers.DecimalField(source="discount.amount", max_digits=14, decimal_places=2, read_only=True)
    shipping_fee = serializers.DecimalField(
        source="shipping_fee.amount", max_digits=14, decimal_places=2, read_only=True
    )
    tax = serializers.DecimalField(source="tax.amount", max_digits=14, decimal_places=2, read_only=True)
    total = serializers.DecimalField(source="total.amount", max_digits=14, decimal_places=2, read_only=True)
    currency = serializers.CharField(read_only=True)
    lines = ReceiptLineDocument(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "number", "status", "subtotal", "discount", "shipping_fee", "tax", "total", "currency", "coupon_code",
            "lines",
        ]  # fmt: skip
        read_only_fields = fields


def request_language() -> str:
    """The language of the request, if the shop speaks it."""
    active = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return active if active in dict(settings.LANGUAGES) else FALLBACK_LANGUAGE
