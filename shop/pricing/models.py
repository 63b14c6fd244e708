"""The tables that prices are computed from: coupons, taxes, shipping fees, exchange rates and price lists."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.catalog.models import Product
from shop.customers.countries import country_choices
from shop.customers.models import Customer

_PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]
code_validator = RegexValidator(
    r"^[A-Z0-9][A-Z0-9_-]{1,39}\Z", _("2 to 40 capital letters, digits, hyphens, underscores.")
)


def currencies() -> list[tuple[str, str]]:
    """The currencies that the shop sells in; a callable keeps them out of the migrations."""
    return [(code, code) for code in settings.CURRENCIES]


class Coupon(models.Model):
    """A discount for who knows the code: so many percent of the goods, or an amount off them."""

    class Kind(models.TextChoices):
        """What `percent` or `amount` says."""

        PERCENT = "percent", _("percent")
        AMOUNT = "amount", _("amount")

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PERCENT)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, default=0, validators=_PERCENT)
    amount = MoneyField(_("amount"), max_digits=14, decimal_places=2, default=0)
    minimum = MoneyField(
        _("minimum"), max_digits=14, decimal_places=2, default=0, help_text=_("What the goods must cost at least.")
    )
    active = models.BooleanField(_("active"), default=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    limit = models.PositiveIntegerField(_("uses at most"), null=True, blank=True)
    once_per_customer = models.BooleanField(_("once per customer"), default=False)
    used_count = models.PositiveIntegerField(_("used"), default=0, editable=False)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="coupon_percent_is_one"),
            models.CheckConstraint(condition=Q(amount__gte=0, minimum__gte=0), name="coupon_amounts_not_negative"),
            models.CheckConstraint(
                condition=Q(limit=None) | Q(used_count__lte=F("limit")), name="coupon_used_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """One coupon, one spelling."""
        self.code = self.code.strip().upper()
        super().clean_fields(exclude)

    def clean(self) -> None:
        """A coupon that takes nothing off is a mistake, and so is a limit below what was used."""
        if not (self.percent if self.kind == self.Kind.PERCENT else self.amount.amount):
            raise ValidationError({str(self.kind): _("Say how much it takes off.")})
        if self.limit is not None and self.limit < self.used_count:
            raise ValidationError({"limit": _("It was used more often already.")})

    def is_valid_at(self, now: datetime) -> bool:
        """Whether it is active and its time has begun and not ended."""
        begun = self.valid_from is None or self.valid_from <= now
        return self.active and begun and (self.valid_until is None or now < self.valid_until)


class CouponUse(models.Model):
    """One use of a coupon, by the payment key of the order; deleted when the order is never placed."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses", verbose_name=_("coupon"))
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))
    reference = models.UUIDField(_("payment key"), unique=True)
    used_at = models.DateTimeField(_("used at"))

    class Meta:
        verbose_name = _("use of a coupon")
        verbose_name_plural = _("uses of coupons")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.coupon_id}: {self.reference}"


class TaxRate(models.Model):
    """What is added to net prices for buyers of a place. A row for the region counts before one for its country."""

    country = models.CharField(_("country"), max_length=2, choices=country_choices)
    region = models.CharField(
        _("region"), max_length=100, blank=True, help_text=_("As buyers write it; empty for the whole country.")
    )
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3, validators=_PERCENT)
    on_shipping = models.BooleanField(_("also on the shipping fee"), default=True)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["country", "region"]
        constraints = [
            models.UniqueConstraint("country", models.functions.Lower("region"), name="one_tax_rate_per_place"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="tax_percent_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.region}".strip()


class ShippingRate(models.Model):
    """The fee for one country, or everywhere else, from a weight and an order value on.

    Of the rows for the place, those of the largest weight that is reached count, and of these the one of the largest
    value that is reached. So heavy parcels can have prices of their own, and large orders can be free.
    """

    country = models.CharField(
        _("country"), max_length=2, blank=True, choices=country_choices, help_text=_("Empty for everywhere else.")
    )
    from_weight_grams = models.PositiveIntegerField(_("from weight, in grams"), default=0)
    from_value = models.DecimalField(
        _("from value of the goods"), max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)],
        help_text=_("After the discount, in the currency of the fee."),
    )  # fmt: skip
    fee = MoneyField(_("fee"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("shipping fee")
        verbose_name_plural = _("shipping fees")
        ordering = ["country", "from_weight_grams", "from_value"]
        constraints = [
            models.UniqueConstraint(fields=["country", "from_weight_grams", "from_value"], name="one_fee_per_step"),
            models.CheckConstraint(condition=Q(fee__gte=0, from_value__gte=0), name="shipping_fee_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.country or '*'} {self.from_weight_grams} g {self.from_value}: {self.fee}"


class ExchangeRate(models.Model):
    """So much of a currency is one unit of DEFAULT_CURRENCY."""

    currency = models.CharField(_("currency"), max_length=3, primary_key=True, choices=currencies)
    rate = models.DecimalField(
        _("rate"), max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal("0.00000001"))]
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency"]
        constraints = [models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive")]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate}"


class ListPrice(models.Model):
    """A product's own price in another currency, instead of the exchanged one."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="list_prices", verbose_name=_("product")
    )
    price = MoneyField(_("price"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("price in another currency")
        verbose_name_plural = _("prices in other currencies")
        ordering = ["product_id", "price_currency"]
        constraints = [
            models.UniqueConstraint(fields=["product", "price_currency"], name="one_list_price_per_currency"),
            models.CheckConstraint(condition=Q(price__gte=0), name="list_price_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.price)
