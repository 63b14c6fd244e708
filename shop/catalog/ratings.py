"""The rating summary of a product."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Avg, Count, QuerySet

from events.api import emit_many
from shop.catalog.events import ProductUpdated
from shop.catalog.models import Product, Review


def summarise(product_id: int) -> None:
    """Count again what is approved; running it twice, or at once, ends in what the reviews say.

    The product's row is locked first, so of two that count at once the later one also reads later.
    """
    Product.objects.select_for_update(no_key=True).only("pk").get(pk=product_id)
    approved = Review.objects.filter(product=product_id, state=Review.State.APPROVED)
    found = approved.aggregate(count=Count("pk"), average=Avg("rating"))
    average = None if found["average"] is None else Decimal(found["average"]).quantize(Decimal("0.01"))
    Product.objects.filter(pk=product_id).update(rating_count=found["count"], rating_average=average)


def moderate(reviews: QuerySet[Review], state: str) -> int:
    """Approve or reject reviews, and count their products' ratings again; how many reviews. In a transaction."""
    found = list(reviews.select_for_update().order_by("pk").values_list("pk", "product_id"))
    count = Review.objects.filter(pk__in=[pk for pk, _product in found]).update(state=state)
    products = sorted({product_id for _pk, product_id in found})
    for product_id in products:
        summarise(product_id)
    _tell(products)
    return count


def _tell(products: Sequence[int]) -> None:
    """product.updated for products that show other reviews than before."""
    skus = dict(Product.objects.filter(pk__in=products).values_list("pk", "sku"))
    emit_many([ProductUpdated(product_id=pk, sku=skus[pk], changed=["reviews"]) for pk in products])
