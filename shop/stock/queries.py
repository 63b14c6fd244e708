"""How many pieces can be ordered. A product with variants is bought as one of them, so theirs are added up."""

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from shop.catalog.models import Variant


def pieces(product: str = "pk", own: str = "stock__available") -> Combinable:
    """To annotate a query with: the pieces of the product that `product` leads to; `own` leads to what counts when it
    has no variants. One subquery for any number of rows."""
    offered = Variant.objects.filter(product=OuterRef(product), is_active=True).order_by()
    of_variants = offered.values("product").annotate(sum=Coalesce(Sum("stock__available"), 0)).values("sum")
    return Coalesce(Subquery(of_variants), F(own), 0)
