"""Products as documents: what the API shows of the catalogue."""

from typing import Any, ClassVar, TypedDict

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from shop.catalog.models import FALLBACK_LANGUAGE, Product, Submission
from shop.catalog.parts import PARTS, Part
from shop.catalog.progress import Processing, processing


class ProductDocument(serializers.ModelSerializer):
    """A product in the language of the request."""

    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    currency = serializers.CharField(source="price_currency", read_only=True)
    picture = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            "sku", "slug", "name", "description", "price", "currency", "status", "picture", "created_at", "updated_at",
        ]  # fmt: skip

    def get_name(self, product: Product) -> str:
        """In the language of the request, else English."""
        return product.name_in(get_language() or FALLBACK_LANGUAGE)

    def get_description(self, product: Product) -> str:
        """In the language of the request, else English."""
        return product.description_in(get_language() or FALLBACK_LANGUAGE)

    @extend_schema_field(serializers.DecimalField(max_digits=14, decimal_places=2))
    def get_price(self, product: Product) -> str:
        """The amount, as text so that no reader rounds it."""
        return f"{product.price.amount:.2f}"

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_picture(self, product: Product) -> str | None:
        """The picture's address."""
        if not product.picture:
            return None
        request = self.context.get("request")
        return request.build_absolute_uri(product.picture.url) if request else product.picture.url


class PartField(serializers.Field):
    """A part of a product, as its own file shows it."""

    def __init__(self, part: Part) -> None:
        super().__init__(source="*", read_only=True)
        self.part = part

    def to_representation(self, product: Product) -> Any:
        """From what the part prefetches."""
        return self.part.show(product)


class Rating(TypedDict):
    """Of the reviews that were approved."""

    count: int
    average: str | None


def rating_of(product: Product) -> Rating:
    """As its row has it."""
    average = None if product.rating_average is None else f"{product.rating_average:.2f}"
    return {"count": product.rating_count, "average": average}


class ProductDetail(ProductDocument):
    """A product with all its parts, whose texts come in every language. Load it by whole_products."""

    rating = serializers.SerializerMethodField()
    processing = serializers.SerializerMethodField()

    class Meta(ProductDocument.Meta):
        fields: ClassVar = ["id", *ProductDocument.Meta.fields, "revision", "rating", "processing"]

    def get_fields(self) -> dict[str, serializers.Field]:
        """The core's, and one for each part."""
        parts = {name: PartField(part) for name, part in PARTS.items()}
        for name, part in PARTS.items():
            extend_schema_field(part.show.__annotations__["return"])(parts[name])
        return super().get_fields() | parts

    def get_rating(self, product: Product) -> Rating:
        """The summary."""
        return rating_of(product)

    def get_processing(self, product: Product) -> Processing:
        """How far its documents are written."""
        return processing(product)


class SubmissionReceipt(serializers.Serializer):
    """What was accepted, and where to see how it goes on. Describes `receipt_of`, which is on the shortest way."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    slug = serializers.CharField()
    revision = serializers.IntegerField()
    url = serializers.URLField()
    processing = serializers.SerializerMethodField()

    def get_processing(self, receipt: dict[str, Any]) -> Processing:
        """Of this document."""
        return receipt["processing"]


def receipt_of(submission: Submission, request: Request) -> dict[str, Any]:
    """The receipt of a submitted document."""
    product = submission.product
    of_this = {"done": len(submission.done), "total": len(submission.parts), "failed": sorted(submission.failed)}
    return {
        "id": product.pk,
        "sku": product.sku,
        "slug": product.slug,
        "revision": submission.revision,
        "url": request.build_absolute_uri(f"/api/products/{product.slug}/"),
        "processing": of_this,
    }
