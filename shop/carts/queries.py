"""A cart with its prices of now."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from shop.carts.models import Cart, CartLine
from shop.errors import CouponRefused, InvalidInput, ShopError
from shop.pricing.goods import LineWish, Thing, priced, things_by_sku
from shop.pricing.quotes import Good, Quote, quote
from shop.pricing.terms import Place, TermsBook
from shop.stock.models import StockItem, VariantStock


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as it would be sold now; without a good when it is not for sale any more, or since then only as one of
    the variants that the product got."""

    line: CartLine
    good: Good | None
    available: int
    to_choose: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether that many pieces can be ordered now."""
        return self.line.quantity <= self.available


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A cart with what it costs now. `problems` say what stands in the way of buying it; without a quote, it cannot be
    priced at all."""

    cart: Cart
    lines: list[PricedLine]
    quote: Quote | None
    currency: str
    problems: list[ShopError]


def price_cart(cart: Cart, *, now: datetime) -> PricedCart:
    """Prices, fees and taxes as the checkout would compute them now; a constant number of queries."""
    lines = list(_full_lines(cart))
    things = things_by_sku({line.sku for line in lines})
    to_choose = {sku for sku, thing in things.items() if thing.to_choose}
    wishes = [LineWish(line.sku, line.quantity) for line in lines if line.sku in things.keys() - to_choose]
    book = TermsBook(cart.currency or _currency(wishes, things))
    try:
        goods = dict(zip((wish.sku for wish in wishes), priced(wishes, things, book), strict=True))
    except InvalidInput as error:
        shown = [PricedLine(line, None, _available(line)) for line in lines]
        return PricedCart(cart, shown, None, book.currency, [error])
    quoted, problems = _quote(cart, list(goods.values()), book, now)
    shown = [PricedLine(line, goods.get(line.sku), _available(line), line.sku in to_choose) for line in lines]
    return PricedCart(cart, shown, quoted, book.currency, problems)


def _quote(cart: Cart, goods: list[Good], book: TermsBook, now: datetime) -> tuple[Quote | None, list[ShopError]]:
    """What is wrong with the coupon or the country is left out, and told."""
    problems: list[ShopError] = []
    place, coupon = Place(cart.country, cart.region) if cart.country else None, cart.coupon_code
    for _attempt in range(3):
        try:
            return quote(goods, book.terms(place, coupon, now=now)), problems
        except CouponRefused as error:
            problems.append(error)
            coupon = ""
        except InvalidInput as error:
            problems.append(error)
            place = None
    return None, problems


def _currency(wishes: list[LineWish], things: dict[str, Thing]) -> str:
    return things[wishes[0].sku].product.price_currency if wishes else settings.DEFAULT_CURRENCY


def _full_lines(cart: Cart) -> QuerySet[CartLine]:
    found = cart.lines.select_related("product__stock", "variant__stock").order_by("pk")
    return found.prefetch_related("product__translations")


def _available(line: CartLine) -> int:
    stock: StockItem | VariantStock | None = getattr(line.variant or line.product, "stock", None)
    return stock.available if stock else 0
