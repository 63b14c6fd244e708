"""Reading the stock levels by SKU."""

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from shop.catalog.models import Product, Variant
from shop.shelves.models import StockLevel
from shop.stock.models import StockItem, VariantStock


def levels() -> QuerySet[StockLevel]:
    """Every level with `sku`, as it is called now, and `available`, the pieces that can be ordered now."""
    product, variant = OuterRef("product_id"), OuterRef("variant_id")
    skus = Subquery(Variant.objects.filter(pk=variant).values("sku"))
    stock = Subquery(VariantStock.objects.filter(pk=variant).values("available"))
    return StockLevel.objects.annotate(
        sku=Coalesce(skus, Subquery(Product.objects.filter(pk=product).values("sku"))),
        available=Coalesce(stock, Subquery(StockItem.objects.filter(pk=product).values("available")), 0),
    )


def found_by_sku(rows: QuerySet[StockLevel], sku: str) -> QuerySet[StockLevel]:
    """Those whose SKU begins so."""
    products = Product.objects.filter(sku__startswith=sku).values("pk")
    variants = Variant.objects.filter(sku__startswith=sku).values("pk")
    return rows.filter(Q(product_id__in=products, variant_id=0) | Q(variant_id__in=variants))
