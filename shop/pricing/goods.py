"""From SKUs to goods with prices: products and variants, prices in the currency of the basket, tiers, weights."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from djmoney.money import Money

from shop.catalog.models import Dimensions, Product, Variant
from shop.catalog.queries import HAS_VARIANTS
from shop.errors import FieldErrors, InvalidInput
from shop.pricing.quotes import Good
from shop.pricing.terms import TermsBook

_MOST_NAMED = 20
_CHOOSE = _lazy("Choose one of its variants: {skus}.")
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}


@dataclass(frozen=True, slots=True)
class Thing:
    """What a SKU means: a product, or one of its variants. Of a product that has variants, one is `to_choose`."""

    product: Product
    variant: Variant | None = None
    to_choose: bool = False


@dataclass(frozen=True, slots=True)
class LineWish:
    """So many pieces of a SKU; `unit_price` only where staff agreed one, in the product's currency."""

    sku: str
    quantity: int
    unit_price: Decimal | None = None


def things_by_sku(skus: Collection[str]) -> dict[str, Thing]:
    """Everything of these SKUs that is for sale; with what its price depends on, in few queries for any number."""
    products = _priced_products().filter(sku__in=skus).annotate(has_variants=HAS_VARIANTS)
    found = {product.sku: Thing(product, to_choose=product.has_variants) for product in products}
    if missing := set(skus) - found.keys():
        variants = Variant.objects.filter(sku__in=missing, is_active=True)
        products = _priced_products().filter(variants__sku__in=missing).distinct()
        by_id = {product.pk: product for product in products}
        for variant in variants:
            if product := by_id.get(variant.product_id):
                variant.product = product
                found[variant.sku] = Thing(product, variant)
    return found


def priced(wishes: Sequence[LineWish], things: Mapping[str, Thing], book: TermsBook) -> list[Good]:
    """The goods at the prices of now. Raises InvalidInput without an exchange rate."""
    return [_good(wish, things[wish.sku], book) for wish in wishes]


def refuse_what_is_not_for_sale(wishes: Sequence[LineWish], things: Mapping[str, Thing]) -> None:
    """Raises InvalidInput naming every such line; also a product that is sold only as one of its variants."""
    wrong: FieldErrors = [
        {"field": f"lines[{index}].sku", **why, "sku": wish.sku}
        for index, wish in enumerate(wishes)
        if (why := why_not_for_sale(things.get(wish.sku)))
    ]
    if wrong:
        raise InvalidInput(wrong)


def why_not_for_sale(thing: Thing | None) -> dict[str, str]:
    """Code and detail of why this cannot be bought; empty when it can."""
    if thing is None:
        return {"code": "not_for_sale", "detail": _("There is no product with this SKU for sale.")}
    if thing.to_choose:
        return {"code": "choose_variant", "detail": _CHOOSE.format(skus=_variants_of(thing.product))}
    return {}


def _variants_of(product: Product) -> str:
    skus = list(product.variants.filter(is_active=True).values_list("sku", flat=True)[: _MOST_NAMED + 1])
    return ", ".join([*skus[:_MOST_NAMED], *["…"] * (len(skus) > _MOST_NAMED)])


def common_currency(wishes: Sequence[LineWish], things: Mapping[str, Thing]) -> str:
    """The one that all products are priced in. Raises InvalidInput when they are not."""
    currency = things[wishes[0].sku].product.price_currency
    detail = _("One order has one currency; the first line is in {currency}.").format(currency=currency)
    mixed: FieldErrors = [
        {"field": f"lines[{index}].sku", "code": "mixed_currencies", "detail": detail, "sku": wish.sku}
        for index, wish in enumerate(wishes)
        if things[wish.sku].product.price_currency != currency
    ]
    if mixed:
        raise InvalidInput(mixed)
    return currency


def price_of(thing: Thing, quantity: int, book: TermsBook) -> Money:
    """A variant's own price; else, of the product's price and the tiers that are reached, the best; else, in another
    currency, the price list's or the exchanged one."""
    if thing.variant and thing.variant.price is not None:
        return book.into_currency(thing.variant.price)
    tiers = [tier.price for tier in thing.product.tier_prices.all() if tier.min_quantity <= quantity]
    return min([_list_price(thing.product, book), *map(book.into_currency, tiers)])


def _list_price(product: Product, book: TermsBook) -> Money:
    if product.price_currency == book.currency:
        return product.price
    listed = [row.price for row in product.list_prices.all() if row.price_currency == book.currency]
    return listed[0] if listed else book.into_currency(product.price)


def _good(wish: LineWish, thing: Thing, book: TermsBook) -> Good:
    if wish.unit_price is None:
        price = price_of(thing, wish.quantity, book)
    else:
        price = book.into_currency(Money(wish.unit_price, thing.product.price_currency))
    return Good(price, wish.quantity, _weight_grams(thing.product))


def _weight_grams(product: Product) -> int:
    """Rounded to grams; of a product that nobody has weighed, nothing."""
    size: Dimensions | None = getattr(product, "dimensions", None)
    if size is None or size.weight is None:
        return 0
    return int((size.weight * _GRAMS[size.weight_unit]).to_integral_value())


def _priced_products() -> QuerySet[Product]:
    active = Product.objects.filter(status=Product.Status.ACTIVE)
    return active.select_related("dimensions").prefetch_related("tier_prices", "list_prices")
