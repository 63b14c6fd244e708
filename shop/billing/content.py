"""What stands on a paper: taken down once, when it is issued, and never looked up again."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Content):
    """Who sells or buys: the lines below the name are as they are printed."""

    name: str
    lines: tuple[str, ...] = ()


class PaperLine(_Content):
    """So many pieces at a price; on a credit note those that are given back."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    total: Decimal


class TaxLine(_Content):
    """A tax that is part of the total; `rate` in per cent, None where several rates are added up."""

    name: str
    rate: Decimal | None = None
    amount: Decimal


class PaperContent(_Content):
    """All that is printed. Amounts are in one currency; those of a credit note are what the customer gets back.

    subtotal − discount + shipping_fee + taxes = total.
    """

    kind: str
    number: str
    language: str
    issued_on: date
    order_number: str
    ordered_on: date
    currency: str
    seller: Party
    buyer: Party
    delivery: Party | None = None
    lines: tuple[PaperLine, ...]
    subtotal: Decimal
    discount: Decimal = Decimal(0)
    shipping_fee: Decimal = Decimal(0)
    taxes: tuple[TaxLine, ...] = ()
    total: Decimal
    coupon_code: str = ""
    refers_to: str = ""
    refers_to_date: date | None = None
    reason: str = ""
