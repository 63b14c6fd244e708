"""Amounts and dates as they are printed."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from moneyed import Money
from moneyed.l10n import format_money


def printed(amount: Decimal, currency: str, language: str, *, finest: int = 2) -> str:
    """£1,234.50, and in Arabic 1,234.50 GBP: a sign of another script would jump to the other end of the number.
    `finest` is how many decimals are printed if there are that many."""
    if language == "en" and finest == 2:
        return str(format_money(Money(amount, currency), locale="en"))
    digits = format_decimal(amount, format="#,##0.00" + "#" * (finest - 2), locale="en")
    return f"{digits} {currency}"


def printed_date(day: date, language: str) -> str:
    """In words, so that nobody takes the month for the day."""
    return str(format_date(day, format="long", locale=language))


def printed_rate(rate: Decimal) -> str:
    """20 %, 7.5 %."""
    return f"{rate.normalize():f}%"
