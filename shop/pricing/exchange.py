"""Amounts in other currencies, by the table of exchange rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.errors import InvalidInput
from shop.pricing.models import ExchangeRate
from shop.pricing.rounding import rounded


@dataclass(frozen=True, slots=True)
class Exchange:
    """So much of each currency is one unit of the default currency."""

    rates: Mapping[str, Decimal]

    def into(self, currency: str, amount: Money) -> Money:
        """The amount in that currency, rounded to what it can pay. Raises InvalidInput without a rate."""
        if str(amount.currency) == currency:
            return amount
        if not amount.amount:
            return Money(0, currency)
        rate = self._rate(currency) / self._rate(str(amount.currency))
        return rounded(amount.amount * rate, currency)

    def _rate(self, currency: str) -> Decimal:
        if (rate := self.rates.get(currency)) is None:
            detail = _("There is no exchange rate for {currency}.").format(currency=currency)
            raise InvalidInput([{"field": "currency", "code": "no_exchange_rate", "detail": detail}])
        return rate


def load_exchange() -> Exchange:
    """The table as it is now; one query."""
    rates = dict(ExchangeRate.objects.values_list("currency", "rate"))
    return Exchange(rates | {settings.DEFAULT_CURRENCY: Decimal(1)})
