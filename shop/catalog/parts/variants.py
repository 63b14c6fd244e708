"""Variants: a product with its options chosen, with a SKU, a price and a stock of its own."""

from collections.abc import Iterator
from typing import Annotated, TypedDict

from djmoney.money import Money
from pydantic import Field

from shop.catalog.given import MAX_STOCK, Code, Given, Price, Sku, no_repeats
from shop.catalog.models import Product, Variant
from shop.catalog.parts.part import Part, Reference
from shop.catalog.signals import variant_stock_given


class GivenVariant(Given):
    """A variant; without a price it has the product's."""

    sku: Sku
    option_values: Annotated[dict[Code, Code], Field(max_length=10)] = {}
    price: Price | None = None
    stock: Annotated[int, Field(ge=0, le=MAX_STOCK)] | None = None


class ShownVariant(TypedDict):
    """A variant with the price of one piece."""

    sku: str
    option_values: dict[str, str]
    price: str
    currency: str


def show(product: Product) -> list[ShownVariant]:
    """Those that are offered, in order."""
    return [
        {
            "sku": variant.sku,
            "option_values": variant.option_values,
            "price": f"{_price(variant, product).amount:.2f}",
            "currency": str(_price(variant, product).currency),
        }
        for variant in product.variants.all()
        if variant.is_active
    ]


def _price(variant: Variant, product: Product) -> Money:
    return product.price if variant.price is None else variant.price


def write(product: Product, given: list[GivenVariant]) -> None:
    """Variants stay the rows they are, by SKU, because orders and stock refer to them; missing ones are retired."""
    rows = [
        Variant(
            product=product,
            sku=one.sku,
            option_values=one.option_values,
            price=one.price and Money(one.price.amount, one.price.currency or product.price_currency),
            is_active=True,
            position=position,
        )
        for position, one in enumerate(given)
    ]
    there = dict(Variant.objects.filter(product=product).values_list("sku", "pk"))
    for row in rows:
        row.pk = there.get(row.sku)
    Variant.objects.bulk_create([row for row in rows if row.pk is None])
    columns = ["option_values", "price", "price_currency", "is_active", "position"]
    Variant.objects.bulk_update([row for row in rows if row.sku in there], columns)
    Variant.objects.filter(product=product).exclude(sku__in=[row.sku for row in rows]).update(is_active=False)
    stock = {row.pk: one.stock for row, one in zip(rows, given, strict=True) if one.stock is not None}
    variant_stock_given.send(Product, stock=stock)


def references(given: list[GivenVariant]) -> Iterator[Reference]:
    """The SKUs must be free."""
    for index, one in enumerate(given):
        yield Reference("sku", one.sku, ("variants", index, "sku"))


PART = Part(
    name="variants",
    given=Annotated[list[GivenVariant], Field(max_length=500), no_repeats("sku")],
    prefetch=("variants",),
    show=show,
    write=write,
    references=references,
    emits=True,  # stock.back_in
)
