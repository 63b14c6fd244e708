"""One product as it is sold: everything that is known of it, and how many pieces there are."""

from typing import Any, ClassVar

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import get_language
from rest_framework import serializers

from shop.catalog.api import ProductDetail, ProductDocument, Rating, rating_of
from shop.catalog.models import FALLBACK_LANGUAGE, Product, Variant
from shop.catalog.parts import PARTS
from shop.catalog.parts.variants import ShownVariant
from shop.catalog.queries import one_snapshot, whole_products
from shop.catalog.versions import etag
from shop.showcase.documents import shown_document
from shop.stock.queries import pieces

Context = dict[str, Any]


class StockedVariant(ShownVariant):
    """A variant with the pieces of it that can be ordered now."""

    available: int


class StockedProductDetail(ProductDetail):
    """A product with all its parts, and the pieces available of it and of each of its variants."""

    available = serializers.IntegerField(read_only=True, help_text="Pieces that can be ordered now, of all variants.")
    variants = serializers.SerializerMethodField()

    class Meta(ProductDetail.Meta):
        fields: ClassVar = [*ProductDetail.Meta.fields, "available", "variants"]

    def get_fields(self) -> dict[str, serializers.Field]:
        """The variants are shown with their stock."""
        return super().get_fields() | {"variants": serializers.SerializerMethodField()}

    def get_variants(self, product: Product) -> list[StockedVariant]:
        """Those that are offered."""
        return stocked_variants(product)


class ProductCore(ProductDocument):
    """What of a product must be true at the moment of the request, and is in its own row."""

    name = None
    description = None
    rating = serializers.SerializerMethodField()
    available = serializers.IntegerField(read_only=True)

    class Meta:
        model = Product
        fields: ClassVar = [
            "id", "sku", "slug", "price", "currency", "status", "picture", "created_at", "updated_at", "revision",
            "rating", "available",
        ]  # fmt: skip

    def get_rating(self, product: Product) -> Rating:
        """The summary."""
        return rating_of(product)


def written_answer(product: Product, context: Context) -> tuple[Context, str] | None:
    """The answer about a product that was annotated with `available`, and its ETag; None while it is not written down.

    Texts and parts are those of the read model. The row of the product, and the prices and the stock of its variants,
    are read now: two queries, and one more where there are variants.
    """
    document = shown_document(product, get_language() or FALLBACK_LANGUAGE)
    if document is None:
        return None
    variants: list[StockedVariant] = []
    if document["variants"]:
        prefetch_related_objects([product], Prefetch("variants", Variant.objects.select_related("stock")))
        document["variants"], variants = PARTS["variants"].show(product), stocked_variants(product)
    found = {**document, **ProductCore(product, context=context).data, "variants": variants}
    answer = {name: found[name] for name in _FIELDS}
    return answer, etag(product, {name: document[name] for name in PARTS}, answer)


def composed_answer(pk: int, context: Context) -> tuple[Context, str]:
    """The same from all tables of the catalogue, at one moment."""
    with one_snapshot():
        product = whole_products().annotate(available=pieces()).prefetch_related("variants__stock").get(pk=pk)
        answer = StockedProductDetail(product, context=context).data
    return answer, etag(product, {name: part.show(product) for name, part in PARTS.items()}, answer)


def stocked_variants(product: Product) -> list[StockedVariant]:
    """The variants that are offered."""
    stock = {one.sku: one.stock.available for one in product.variants.all() if hasattr(one, "stock")}
    return [{**one, "available": stock.get(one["sku"], 0)} for one in PARTS["variants"].show(product)]


#: In the order in which they are shown.
_FIELDS = list(dict.fromkeys([*StockedProductDetail.Meta.fields, *PARTS]))
