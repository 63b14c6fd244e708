"""Reading the catalogue in a constant number of queries."""

from collections.abc import Collection, Sequence
from itertools import count

from django.db.models import Q, QuerySet

from shop.catalog.models import LONGEST_SLUG, Product


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


def free_slugs(wanted: Sequence[str]) -> list[str]:
    """A slug for each that nobody has, as near as can be: cut to fit, and numbered when it is taken."""
    wanted = [slug[:LONGEST_SLUG] for slug in wanted]
    taken = set(Product.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    free: list[str] = []
    for slug in wanted:
        free.append(_numbered(slug, taken) if slug in taken else slug)
        taken.add(free[-1])
    return free


def _numbered(slug: str, taken: Collection[str]) -> str:
    endings = (f"-{number}" for number in count(2))
    candidates = (slug[: LONGEST_SLUG - len(ending)] + ending for ending in endings)
    return next(one for one in candidates if one not in taken and not Product.objects.filter(slug=one).exists())
