"""Reading the catalogue in a constant number of queries."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from shop.catalog.models import Product


def shown_products() -> QuerySet[Product]:
    """What customers may see, with texts."""
    return all_products().filter(status=Product.Status.ACTIVE)


def all_products() -> QuerySet[Product]:
    """Every product, with texts."""
    return Product.objects.prefetch_related("translations")


def named(products: QuerySet[Product], slug_or_sku: str) -> Product | None:
    """The product with that slug, else with that SKU."""
    if "\x00" in slug_or_sku:
        return None  # PostgreSQL would refuse to look for it
    found = products.filter(Q(slug=slug_or_sku) | Q(sku=slug_or_sku))
    return max(found, key=lambda product: product.slug == slug_or_sku, default=None)


def sellable_by_sku(skus: Collection[str]) -> dict[str, Product]:
    """Active products by SKU, one query, without texts."""
    found = Product.objects.filter(sku__in=skus, status=Product.Status.ACTIVE)
    return {product.sku: product for product in found}
