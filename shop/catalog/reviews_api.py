"""Reviews that customers write; they are shown when somebody of the shop has approved them."""

from typing import ClassVar

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.catalog.models import Product, Review
from shop.catalog.queries import named, shown_products
from shop.errors import InvalidInput
from shop.problems import problems
from shop.strict import StrictIntegerField, StrictSerializer, TextField


class ReviewInput(StrictSerializer):
    """What somebody says of a product."""

    author = TextField(max_length=255)
    rating = StrictIntegerField(min_value=1, max_value=5)
    title = TextField(max_length=255, required=False, allow_blank=True)
    body = TextField(max_length=10_000, required=False, allow_blank=True, multiline=True)


class ReviewDocument(serializers.ModelSerializer):
    """A review with how far its moderation is."""

    class Meta:
        model = Review
        fields: ClassVar = ["author", "rating", "title", "body", "state", "created_at"]


class ReviewView(APIView):
    """Where customers say what they think of a product."""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(
        summary="Review a product",
        parameters=[
            OpenApiParameter(
                "name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The product's slug, its SKU or its id."
            )
        ],
        request=ReviewInput,
        responses={
            202: ReviewDocument,
            **problems(
                on_400="Fields are not valid, or there is a review already.",
                on_401="No valid token or session.",
                on_404="No such product.",
            ),
        },
    )
    def post(self, request: Request, name: str) -> Response:
        """One for each customer; it waits to be approved."""
        if (product := named(shown_products(), name)) is None:
            raise Http404
        form = ReviewInput(data=request.data)
        form.is_valid(raise_exception=True)
        review = Review(product=product, by=request.user, **form.validated_data)
        _store(review)
        return Response(ReviewDocument(review).data, status=202)


def _store(review: Review) -> None:
    """The constraint lets one through. It waits for approval, so the product's rating stays what it is."""
    try:
        with transaction.atomic():
            Review.objects.bulk_create([review])
    except IntegrityError as error:
        if not Product.objects.filter(pk=review.product_id).exists():
            raise Http404 from error
        told = _("You have reviewed this product already.")
        raise InvalidInput([{"field": "", "code": "unique", "detail": told}]) from error
