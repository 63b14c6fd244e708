"""Prices for many pieces."""

from typing import Annotated, TypedDict

from djmoney.money import Money
from pydantic import Field

from shop.catalog.given import Given, Price, no_repeats
from shop.catalog.models import Product, TierPrice
from shop.catalog.parts.part import Part


class GivenTierPrice(Given):
    """The price of one piece from that many on."""

    min_quantity: Annotated[int, Field(ge=2, le=1_000_000)]
    price: Price


class ShownTierPrice(TypedDict):
    """The price of one piece from that many on."""

    min_quantity: int
    price: str
    currency: str


def show(product: Product) -> list[ShownTierPrice]:
    """From few to many."""
    return [
        {
            "min_quantity": tier.min_quantity,
            "price": f"{tier.price.amount:.2f}",
            "currency": str(tier.price.currency),
        }
        for tier in product.tier_prices.all()
    ]


def write(product: Product, given: list[GivenTierPrice]) -> None:
    """Replace all."""
    TierPrice.objects.filter(product=product).delete()
    TierPrice.objects.bulk_create(
        TierPrice(
            product=product,
            min_quantity=one.min_quantity,
            price=Money(one.price.amount, one.price.currency or product.price_currency),
        )
        for one in given
    )


PART = Part(
    name="tier_prices",
    given=Annotated[list[GivenTierPrice], Field(max_length=20), no_repeats("min_quantity")],
    prefetch=("tier_prices",),
    show=show,
    write=write,
)
