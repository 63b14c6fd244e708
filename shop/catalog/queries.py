"""Reading the catalogue in a constant number of queries."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.catalog.models import (
    LONGEST_SLUG,
    AttributeValue,
    Product,
    ProductCategory,
    ProductTag,
    RelatedProduct,
    Submission,
    Variant,
)
from shop.catalog.parts import PARTS
from shop.catalog.progress import progress_paths

#: To annotate products with: whether they are bought as one of their variants.
HAS_VARIANTS = Exists(Variant.objects.filter(product=OuterRef("pk"), is_active=True))


def shown_products() -> QuerySet[Product]:
    """What customers may see, with texts."""
    return all_products().filter(status=Product.Status.ACTIVE)


def all_products() -> QuerySet[Product]:
    """Every product, with texts."""
    return Product.objects.prefetch_related("translations")


def whole_products() -> QuerySet[Product]:
    """Every product with all its parts and how far its documents are written, in a constant number of queries."""
    parts = [path for part in PARTS.values() for path in part.prefetch]
    return Product.objects.prefetch_related(*parts, *progress_paths())


@contextmanager
def one_snapshot() -> Iterator[None]:
    """What is read inside is from one moment, however many queries it takes: a part that is replaced meanwhile is seen
    as it was before."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def named(products: QuerySet[Product], slug_or_sku: str) -> Product | None:
    """The product with that slug, else with that SKU, else with that id."""
    if "\x00" in slug_or_sku:
        return None  # PostgreSQL would refuse to look for it
    wanted = Q(slug=slug_or_sku) | Q(sku=slug_or_sku)
    if slug_or_sku.isascii() and slug_or_sku.isdigit() and len(slug_or_sku) < 19:
        wanted |= Q(pk=int(slug_or_sku))
    found = products.filter(wanted)
    return max(found, key=lambda product: (product.slug == slug_or_sku, product.sku == slug_or_sku), default=None)


def products_with_term(kind: str, term_id: int) -> set[int]:
    """The keys of the products that show a category (also as what theirs stands in), an attribute or a tag."""
    if kind == "category":
        links = ProductCategory.objects.filter(Q(category=term_id) | Q(category__parent=term_id))
        return set(links.values_list("product_id", flat=True))
    if kind == "attribute":
        return set(AttributeValue.objects.filter(attribute=term_id).values_list("product_id", flat=True))
    return set(ProductTag.objects.filter(tag=term_id).values_list("product_id", flat=True))


def related_to(product_id: int) -> set[int]:
    """The keys of the products that show it, by its SKU, beside themselves."""
    return set(RelatedProduct.objects.filter(other=product_id).values_list("product_id", flat=True))


def being_written(keys: Collection[int]) -> set[int]:
    """Which of the products have a submitted document some part of which has not settled yet."""
    open_ones = Submission.objects.filter(product__in=keys, state=Submission.State.OPEN)
    return set(open_ones.order_by().values_list("product_id", flat=True))


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
