"""Making what the invoices need: customers, products, stock. Running it again adds only what is missing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from djmoney.money import Money

from shop.catalog.models import Product
from shop.catalog.operations import NewProduct, Text, create_products
from shop.catalog.queries import free_slugs
from shop.customers.models import Customer
from shop.customers.operations import find_or_create
from shop.invoices.errors import AlreadyPlayed
from shop.invoices.plan import Plan, Sale
from shop.invoices.reading import Row
from shop.orders.models import Order
from shop.stock.models import StockItem
from shop.stock.operations import set_stock

#: A domain that never receives mail (RFC 2606).
DOMAIN = "invoices.example"
GUEST = "guest"
PENNY = Decimal("0.01")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made."""

    customer_count: int
    product_count: int
    restocked_count: int


def email_of(customer_id: str) -> str:
    """The address of a customer of the file; empty is the guest, who buys whatever has no customer."""
    return f"customer-{customer_id}@{DOMAIN}" if customer_id else f"{GUEST}@{DOMAIN}"


def name_of(customer_id: str) -> str:
    """The file has no names."""
    return f"Customer {customer_id}" if customer_id else "Guest"


def refuse_second_time() -> None:
    """Raises AlreadyPlayed if there are orders of customers of a file."""
    if count := Order.objects.filter(customer__email__endswith=f"@{DOMAIN}").count():
        raise AlreadyPlayed(count=count)


@transaction.atomic
def prepare(plan: Plan) -> Prepared:
    """Customers, products and stock for a plan, all or nothing."""
    return Prepared(
        customer_count=_make_customers(plan.sales),
        product_count=_make_products(plan.sold_rows),
        restocked_count=_fill_stock(plan.sales),
    )


def _make_customers(sales: Iterable[Sale]) -> int:
    ids = {email_of(sale.customer_id): sale.customer_id for sale in sales}
    known = set(Customer.objects.filter(email__in=ids).values_list("email", flat=True))
    missing = sorted(ids.keys() - known)
    for email in missing:
        find_or_create(email=email, name=name_of(ids[email]), language="en")
    return len(missing)


def _make_products(sold: Sequence[Row]) -> int:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sold:
        rows[row.sku].append(row)
    known = set(Product.objects.filter(sku__in=rows).values_list("sku", flat=True))
    missing = sorted(rows.keys() - known)
    names = [_name(sku, rows[sku]) for sku in missing]
    slugs = free_slugs([slugify(f"{name[:60]} {sku}") for name, sku in zip(names, missing, strict=True)])
    new = zip(missing, names, slugs, strict=True)
    create_products([_product(sku, name, slug, rows[sku]) for sku, name, slug in new])
    return len(missing)


def _name(sku: str, rows: Collection[Row]) -> str:
    """As it was called most often; of equals, the first."""
    return _most_frequent(row.description for row in rows if row.description) or sku


def _product(sku: str, name: str, slug: str, rows: Collection[Row]) -> NewProduct:
    """Priced as it was sold most often; of equals, the first."""
    price = _most_frequent(row.unit_price for row in rows if row.unit_price) or Decimal(0)
    return NewProduct(
        sku=sku,
        slug=slug,
        price=Money(price.quantize(PENNY, ROUND_HALF_UP), settings.DEFAULT_CURRENCY),
        texts={"en": Text(name)},
    )


def _most_frequent(values: Iterable[Value]) -> Value | None:
    return next((value for value, _count in Counter(values).most_common(1)), None)


def _fill_stock(sales: Iterable[Sale]) -> int:
    """As many pieces as all sales together take, so that nothing is ever short and nothing is left but returns."""
    needed: Counter[str] = Counter()
    for sale in sales:
        for line in sale.lines:
            needed[line.sku] += line.quantity
    products = dict(Product.objects.filter(sku__in=needed).values_list("sku", "pk"))
    present = dict(StockItem.objects.filter(product__sku__in=needed).values_list("product__sku", "available"))
    short = {products[sku]: count for sku, count in needed.items() if present.get(sku, -1) < count}
    set_stock(short)
    return len(short)
