"""Carts as documents."""

from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.carts.models import MOST_PIECES
from shop.carts.queries import PricedCart
from shop.catalog.models import FALLBACK_LANGUAGE
from shop.customers.countries import UNKNOWN_COUNTRY, country_codes
from shop.strict import StrictIntegerField, StrictSerializer, TextField


class CartLineInput(StrictSerializer):
    """So many pieces of a product or variant."""

    sku = TextField(max_length=64)
    quantity = StrictIntegerField(min_value=1, max_value=MOST_PIECES)


class QuantityInput(StrictSerializer):
    """How many pieces."""

    quantity = StrictIntegerField(min_value=1, max_value=MOST_PIECES)


class MergeInput(StrictSerializer):
    """The guest's cart."""

    token = TextField(max_length=100)


class CartChangeInput(StrictSerializer):
    """What the prices depend on. Empty text takes it away again."""

    coupon = TextField(max_length=40, required=False, allow_blank=True)
    currency = serializers.ChoiceField(settings.CURRENCIES, required=False, allow_blank=True)
    country = TextField(max_length=2, required=False, allow_blank=True, help_text="Two letters, such as GB.")
    region = TextField(max_length=100, required=False, allow_blank=True)

    def validate_country(self, country: str) -> str:
        """Two letters that mean a country."""
        if country and country.upper() not in country_codes():
            raise serializers.ValidationError(UNKNOWN_COUNTRY, "unknown")
        return country.upper()

    def changes(self) -> dict[str, str]:
        """By the cart's fields."""
        names = {"coupon": "coupon_code"}
        return {names.get(field, field): value for field, value in self.validated_data.items()}


class CartLineDocument(serializers.Serializer):
    """A line at the prices of now; without prices when it is not for sale any more."""

    id = serializers.IntegerField(source="line.pk")
    sku = serializers.CharField(source="line.sku")
    product = serializers.SlugField(source="line.product.slug")
    name = serializers.SerializerMethodField()
    quantity = serializers.IntegerField(source="line.quantity")
    is_for_sale = serializers.SerializerMethodField()
    available = serializers.IntegerField()
    is_enough = serializers.BooleanField()
    unit_price = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()

    def get_name(self, priced: Any) -> str:
        """In the language of the request, else English."""
        return priced.line.product.name_in(get_language() or FALLBACK_LANGUAGE)

    def get_is_for_sale(self, priced: Any) -> bool:
        """Whether it can be bought now."""
        return priced.good is not None

    def get_unit_price(self, priced: Any) -> str | None:
        """Of one piece, at this number of pieces."""
        return f"{priced.good.unit_price.amount:.2f}" if priced.good else None

    def get_amount(self, priced: Any) -> str | None:
        """Of all pieces."""
        return f"{priced.good.amount.amount:.2f}" if priced.good else None


class CartProblemDocument(serializers.Serializer):
    """What stands in the way of buying the cart as it is."""

    code = serializers.CharField()
    detail = serializers.CharField()


class CartDocument(serializers.Serializer):
    """A cart at the prices of now. Without a country, fee and tax are not known yet and not counted."""

    lines = CartLineDocument(many=True)
    currency = serializers.CharField()
    coupon = serializers.CharField(source="cart.coupon_code")
    country = serializers.CharField(source="cart.country")
    region = serializers.CharField(source="cart.region")
    subtotal = serializers.SerializerMethodField()
    discount = serializers.SerializerMethodField()
    shipping_fee = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

    def get_subtotal(self, priced: PricedCart) -> str | None:
        """Of the goods."""
        return self._amount(priced, "subtotal")

    def get_discount(self, priced: PricedCart) -> str | None:
        """Of the coupon."""
        return self._amount(priced, "discount")

    def get_shipping_fee(self, priced: PricedCart) -> str | None:
        """To the country."""
        return self._amount(priced, "shipping_fee")

    def get_tax(self, priced: PricedCart) -> str | None:
        """On goods and fee."""
        return self._amount(priced, "tax")

    def get_total(self, priced: PricedCart) -> str | None:
        """subtotal − discount + shipping_fee + tax."""
        return self._amount(priced, "total")

    @extend_schema_field(CartProblemDocument(many=True))
    def get_problems(self, priced: PricedCart) -> list[dict[str, str]]:
        """In the language of the request."""
        found = [{"code": error.code, "detail": _detail(error)} for error in priced.problems]
        gone = [line for line in priced.lines if line.good is None and not line.to_choose]
        short = [line for line in priced.lines if line.good and not line.is_enough]
        found += [{"code": "not-for-sale", "detail": _GONE.format(sku=line.line.sku)} for line in gone]
        unclear = [line for line in priced.lines if line.to_choose]
        found += [{"code": "choose-variant", "detail": _CHOOSE.format(sku=line.line.sku)} for line in unclear]
        found += [
            {"code": "not-enough-stock", "detail": _SHORT.format(sku=line.line.sku, available=line.available)}
            for line in short
        ]
        return found

    @staticmethod
    def _amount(priced: PricedCart, name: str) -> str | None:
        return f"{getattr(priced.quote, name).amount:.2f}" if priced.quote else None


class NewCartDocument(CartDocument):
    """A guest's new cart with its token, which is shown only once."""

    token = serializers.SerializerMethodField()

    def get_token(self, _priced: PricedCart) -> str:
        """Whoever has it has the cart: send it as X-Cart-Token, and as `cart` at the checkout."""
        return self.context["token"]


_GONE = _("{sku} is not for sale any more.")
_CHOOSE = _("{sku} comes in variants now; choose one of them.")
_SHORT = _("Of {sku} only {available} are available.")


def _detail(error: Any) -> str:
    return error.field_errors[0]["detail"] if error.field_errors else error.detail
