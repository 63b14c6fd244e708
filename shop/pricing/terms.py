"""Looking up the terms that hold for a currency, a place and a coupon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.errors import CouponRefused, InvalidInput
from shop.pricing.exchange import Exchange, load_exchange
from shop.pricing.models import Coupon, ShippingRate, TaxRate
from shop.pricing.quotes import Discount, FeeStep, Terms


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parcel goes: a country by its two letters, and a region as the buyer writes it."""

    country: str
    region: str = ""


class TermsBook:
    """Looks up terms in one currency; the exchange rates are read once, and only when they are needed."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    @cached_property
    def exchange(self) -> Exchange:
        """The rates."""
        return load_exchange()

    def into_currency(self, amount: Money) -> Money:
        """Raises InvalidInput without a rate."""
        return amount if str(amount.currency) == self.currency else self.exchange.into(self.currency, amount)

    def terms(self, place: Place | None, coupon_code: str, *, now: datetime) -> Terms:
        """Without a place, nothing is known of tax and shipping: none is counted.

        Raises CouponRefused, and InvalidInput for a country that the shop does not ship to.
        """
        rate = _tax_rate(place) if place else None
        return Terms(
            currency=self.currency,
            discount=self._discount(valid_coupon(coupon_code, now)) if coupon_code else None,
            tax_percent=rate.percent if rate else Decimal(0),
            is_shipping_taxed=bool(rate and rate.on_shipping),
            fee_steps=self._fee_steps(place) if place else (),
        )

    def _discount(self, coupon: Coupon) -> Discount:
        is_percent = coupon.kind == Coupon.Kind.PERCENT
        return Discount(
            code=coupon.code,
            percent=coupon.percent if is_percent else Decimal(0),
            amount=Money(0, self.currency) if is_percent else self.into_currency(coupon.amount),
            minimum=self.into_currency(coupon.minimum),
        )

    def _fee_steps(self, place: Place) -> Sequence[FeeStep]:
        rates = ShippingRate.objects.filter(country__in=[place.country, ""])
        own = [rate for rate in rates if rate.country == place.country]
        steps = own or list(rates)
        if not steps and ShippingRate.objects.exists():
            detail = _("We do not ship to this country.")
            raise InvalidInput([{"field": "shipping_address.country", "code": "not_shipped_to", "detail": detail}])
        return [self._fee_step(rate) for rate in steps]

    def _fee_step(self, rate: ShippingRate) -> FeeStep:
        from_value = Money(rate.from_value, rate.fee.currency)
        return FeeStep(rate.from_weight_grams, self.into_currency(from_value), self.into_currency(rate.fee))


def is_place_needed() -> bool:
    """Whether any tax or fee depends on where the parcel goes."""
    return TaxRate.objects.exists() or ShippingRate.objects.exists()


def valid_coupon(code: str, now: datetime) -> Coupon:
    """The coupon of that code, however it is spelt. Raises CouponRefused."""
    coupon = Coupon.objects.filter(code=code.strip().upper()).first()
    if coupon is None or not coupon.is_valid_at(now):
        raise CouponRefused(coupon=code, why=_("it is unknown or not valid now."))
    return coupon


def _tax_rate(place: Place) -> TaxRate | None:
    of_country = TaxRate.objects.filter(country=place.country)
    of_place = of_country.annotate(lower=Lower("region")).filter(Q(region="") | Q(lower=place.region.strip().lower()))
    return of_place.order_by("region").last()  # the row for the region, if there is one, else the country's
