"""Amounts as the currency writes them: pence have two decimals, yen have none."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision
from djmoney.money import Money


@lru_cache
def smallest(currency: str) -> Decimal:
    """The smallest amount that can be paid: 0.01 GBP, 1 JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def rounded(amount: Decimal, currency: str) -> Money:
    """Half up, as people at a counter round."""
    return Money(amount.quantize(smallest(currency), ROUND_HALF_UP), currency)


def shared_out(amount: Money, weights: Sequence[Decimal]) -> list[Money]:
    """The amount in parts by weight that add up to it exactly, by the largest remainders; the earlier of equals first.

    Weights that are all zero get nothing.
    """
    currency, whole = str(amount.currency), sum(weights, Decimal(0))
    if not whole:
        return [Money(0, currency) for _weight in weights]
    step = smallest(currency)
    exact = [amount.amount * weight / whole for weight in weights]
    parts = [part.quantize(step, ROUND_FLOOR) for part in exact]
    left = int((amount.amount - sum(parts, Decimal(0))) / step)
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[:left]:
        parts[index] += step
    return [Money(part, currency) for part in parts]
