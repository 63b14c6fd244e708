"""What a basket costs, to the penny."""

from decimal import Decimal

import pytest
from djmoney.money import Money
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import CouponRefused
from shop.pricing.quotes import Discount, FeeStep, Good, Quote, Terms, quote
from shop.pricing.rounding import rounded, shared_out


def gbp(amount: str) -> Money:
    return Money(amount, "GBP")


def percent_off(percent: str, currency: str = "GBP", minimum: str = "0") -> Discount:
    return Discount("OFF", Decimal(percent), Money(0, currency), Money(minimum, currency))


def amount_off(amount: str) -> Discount:
    return Discount("OFF", Decimal(0), gbp(amount), gbp("0"))


def test_tax_is_on_the_discounted_price_and_on_the_fee_where_the_table_says_so() -> None:
    goods = [Good(gbp("10.00"), 3), Good(gbp("2.35"), 1)]
    steps = [FeeStep(0, gbp("0"), gbp("4.99"))]
    taxed = quote(goods, Terms("GBP", percent_off("10"), Decimal(20), True, steps))
    assert (taxed.subtotal, taxed.discount, taxed.shipping_fee) == (gbp("32.35"), gbp("3.24"), gbp("4.99"))
    assert taxed.tax == gbp("5.82") + gbp("1.00")  # 20 % of 29.11, and of the fee
    assert taxed.total == gbp("40.92")
    free_of_it = quote(goods, Terms("GBP", percent_off("10"), Decimal(20), False, steps))
    assert free_of_it.tax == gbp("5.82")


def test_a_currency_without_decimals_has_none() -> None:
    goods = [Good(Money("333", "JPY"), 1), Good(Money("98", "JPY"), 1)]
    quoted = quote(goods, Terms("JPY", percent_off("7.5", "JPY"), Decimal(10)))
    assert [str(value.amount) for value in (quoted.subtotal, quoted.discount, quoted.tax)] == ["431", "32", "40"]
    assert quoted.total == Money("439", "JPY")
    assert [str(line.discount.amount) for line in quoted.lines] == ["25", "7"]


def test_a_coupon_never_takes_off_more_than_the_goods_cost() -> None:
    quoted = quote([Good(gbp("3.00"), 1)], Terms("GBP", amount_off("5.00"), Decimal(20)))
    assert (quoted.discount, quoted.tax, quoted.total) == (gbp("3.00"), gbp("0"), gbp("0"))


def test_a_coupon_with_a_minimum_is_refused_below_it() -> None:
    terms = Terms("GBP", percent_off("10", minimum="20"))
    assert quote([Good(gbp("20.00"), 1)], terms).discount == gbp("2.00")
    with pytest.raises(CouponRefused, match="must cost at least"):
        quote([Good(gbp("19.99"), 1)], terms)


@pytest.mark.parametrize(
    ("weight", "price", "fee"),
    [(100, "10.00", "5.00"), (100, "50.00", "0"), (10_000, "50.00", "12.00"), (9_999, "49.99", "5.00")],
)
def test_the_fee_is_that_of_the_weight_and_the_value_that_are_reached(weight: int, price: str, fee: str) -> None:
    steps = [
        FeeStep(0, gbp("0"), gbp("5.00")),
        FeeStep(0, gbp("50"), gbp("0")),
        FeeStep(10_000, gbp("0"), gbp("12.00")),
    ]
    assert quote([Good(gbp(price), 1, weight)], Terms("GBP", fee_steps=steps)).shipping_fee == gbp(fee)


amounts = st.decimals(min_value=0, max_value=9999, places=4)


@given(
    st.sampled_from(["GBP", "JPY"]),
    st.lists(st.tuples(amounts, st.integers(1, 50)), min_size=1, max_size=8),
    st.decimals(min_value=0, max_value=100, places=2),
    st.decimals(min_value=0, max_value=100, places=3),
)
def test_the_parts_always_add_up(
    currency: str, basket: list[tuple[Decimal, int]], percent: Decimal, tax: Decimal
) -> None:
    goods = [Good(Money(price, currency), quantity) for price, quantity in basket]
    quoted = quote(goods, Terms(currency, percent_off(str(percent), currency), tax))
    assert sums(quoted) == (quoted.subtotal, quoted.discount, quoted.tax)
    assert quoted.total == quoted.subtotal - quoted.discount + quoted.tax >= Money(0, currency)
    assert quoted.total == rounded(quoted.total.amount, currency)
    assert all(Money(0, currency) <= line.discount <= line.good.amount for line in quoted.lines)


def sums(quoted: Quote) -> tuple[Money, Money, Money]:
    nothing = Money(0, quoted.total.currency)
    lines = quoted.lines
    return (
        sum((line.good.amount for line in lines), nothing),
        sum((line.discount for line in lines), nothing),
        sum((line.tax for line in lines), nothing),
    )


def test_nothing_is_shared_out_when_there_is_no_weight() -> None:
    assert shared_out(gbp("0"), [Decimal(0), Decimal(0)]) == [gbp("0"), gbp("0")]
