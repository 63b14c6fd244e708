"""What a basket costs: one pure function for the cart's page and for the checkout.

goods ─▶ subtotal ─▶ − discount ─▶ + shipping fee ─▶ + tax on what is left after the discount ─▶ total

All prices are net. Discount and tax are shared out to the lines, so that whoever gives back a line knows its part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.errors import CouponRefused
from shop.pricing.rounding import rounded, shared_out


@dataclass(frozen=True, slots=True)
class Good:
    """So many pieces at a price each."""

    unit_price: Money
    quantity: int
    weight_grams: int = 0

    @property
    def amount(self) -> Money:
        """Of all pieces."""
        return rounded(self.unit_price.amount * self.quantity, str(self.unit_price.currency))


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon's terms; `percent` or `amount` is zero."""

    code: str
    percent: Decimal
    amount: Money
    minimum: Money


@dataclass(frozen=True, slots=True)
class FeeStep:
    """The shipping fee from a weight and a value on."""

    from_weight_grams: int
    from_value: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tables say for one currency, place and coupon; all amounts are in that currency."""

    currency: str
    discount: Discount | None = None
    tax_percent: Decimal = Decimal(0)
    is_shipping_taxed: bool = False
    fee_steps: Sequence[FeeStep] = ()


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A good with its shares of the discount and of the tax."""

    good: Good
    discount: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """All amounts of a basket: total = subtotal − discount + shipping_fee + tax."""

    lines: tuple[QuotedLine, ...]
    subtotal: Money
    discount: Money
    shipping_fee: Money
    tax: Money
    total: Money
    coupon_code: str


def quote(goods: Sequence[Good], terms: Terms) -> Quote:
    """The basket's price. Raises CouponRefused when the goods cost less than the coupon asks for."""
    amounts = [good.amount for good in goods]
    subtotal = _sum(amounts, terms.currency)
    discount = _discount(subtotal, terms)
    discounts = shared_out(discount, [amount.amount for amount in amounts])
    nets = [amount - part for amount, part in zip(amounts, discounts, strict=True)]
    fee = _fee(sum(good.weight_grams * good.quantity for good in goods), subtotal - discount, terms)
    goods_tax = rounded((subtotal - discount).amount * terms.tax_percent / 100, terms.currency)
    taxes = shared_out(goods_tax, [net.amount for net in nets])
    tax = goods_tax + _fee_tax(fee, terms)
    return Quote(
        lines=tuple(QuotedLine(*line) for line in zip(goods, discounts, taxes, strict=True)),
        subtotal=subtotal,
        discount=discount,
        shipping_fee=fee,
        tax=tax,
        total=subtotal - discount + fee + tax,
        coupon_code=terms.discount.code if terms.discount else "",
    )


def _discount(subtotal: Money, terms: Terms) -> Money:
    """Never more than the goods cost."""
    if (wanted := terms.discount) is None:
        return Money(0, terms.currency)
    if subtotal < wanted.minimum:
        why = _("the goods must cost at least {minimum}.").format(minimum=wanted.minimum)
        raise CouponRefused(coupon=wanted.code, why=why)
    percent = rounded(subtotal.amount * wanted.percent / 100, terms.currency)
    return min(subtotal, percent + wanted.amount)


def _fee(weight_grams: int, value: Money, terms: Terms) -> Money:
    """Of the steps that are reached, the heaviest, and of those the one of the largest value; below all steps, none."""
    reached = [step for step in terms.fee_steps if step.from_weight_grams <= weight_grams and step.from_value <= value]
    heaviest = max(reached, key=lambda step: (step.from_weight_grams, step.from_value.amount), default=None)
    return heaviest.fee if heaviest else Money(0, terms.currency)


def _fee_tax(fee: Money, terms: Terms) -> Money:
    percent = terms.tax_percent if terms.is_shipping_taxed else Decimal(0)
    return rounded(fee.amount * percent / 100, terms.currency)


def _sum(amounts: Sequence[Money], currency: str) -> Money:
    return sum(amounts, Money(0, currency))
