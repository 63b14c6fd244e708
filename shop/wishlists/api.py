"""The customer's own wishlist."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.catalog.queries import named, shown_products
from shop.customers.permissions import IsCustomer, customer_of
from shop.errors import InvalidInput
from shop.problems import problems
from shop.stock.queries import pieces
from shop.strict import StrictSerializer, TextField
from shop.wishlists.models import WishlistItem
from shop.wishlists.operations import wish

_OWN = problems(on_401="No valid token or session.", on_403="This account has no customer.")


class WishInput(StrictSerializer):
    """A product by its slug or SKU."""

    product = TextField(max_length=120)


class WishDocument(serializers.ModelSerializer):
    """A product on the wishlist."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    product = serializers.CharField(source="product.slug", read_only=True)
    name = serializers.SerializerMethodField()
    price = serializers.DecimalField(source="product.price.amount", max_digits=14, decimal_places=2, read_only=True)
    currency = serializers.CharField(source="product.price_currency", read_only=True)
    available = serializers.IntegerField(read_only=True, help_text="Pieces that can be ordered now, of all variants.")

    class Meta:
        model = WishlistItem
        fields = ["sku", "product", "name", "price", "currency", "available", "added_at"]
        read_only_fields = fields

    def get_name(self, item: WishlistItem) -> str:
        """In the language of the request, else English."""
        return item.product.name_in(get_language() or FALLBACK_LANGUAGE)


class WishlistView(GenericAPIView):
    """All that is wished for."""

    permission_classes: ClassVar = [IsCustomer]
    serializer_class = WishDocument
    queryset = WishlistItem.objects.none()
    filter_backends: ClassVar = []

    def get_queryset(self) -> QuerySet[WishlistItem]:
        """One's own, the newest first, of what customers may see."""
        own = WishlistItem.objects.filter(customer=customer_of(self.request), product__in=shown_products())
        own = own.annotate(available=pieces("product", "product__stock__available"))
        return own.select_related("product").prefetch_related("product__translations")

    @extend_schema(summary="Your wishlist", responses={200: WishDocument(many=True), **_OWN})
    def get(self, request: Request) -> Response:
        """Page by page."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(WishDocument(page, many=True).data)

    @extend_schema(
        summary="Wish for a product",
        request=WishInput,
        responses={201: WishDocument, **_OWN, **problems(on_400="There is no such product; see `errors`.")},
    )
    def post(self, request: Request) -> Response:
        """Twice is once."""
        form = WishInput(data=request.data)
        form.is_valid(raise_exception=True)
        product = named(shown_products(), form.validated_data["product"])
        if product is None:
            detail = _("There is no such product for sale.")
            raise InvalidInput([{"field": "product", "code": "not_for_sale", "detail": detail}])
        wished = wish(customer_of(request), product)
        return Response(WishDocument(self.get_queryset().get(pk=wished.pk)).data, status=201)


class WishView(APIView):
    """One wish."""

    permission_classes: ClassVar = [IsCustomer]

    @extend_schema(
        summary="Take a product off the wishlist",
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="Slug or SKU.")],
        responses={204: None, **_OWN, **problems(on_404="It is not on your wishlist.")},
    )
    def delete(self, request: Request, name: str) -> Response:
        """By the product's slug or SKU."""
        items = WishlistItem.objects.filter(customer=customer_of(request)).select_related("product")
        for item in items:
            if name in (item.product.slug, item.product.sku):
                item.delete()
                return Response(status=204)
        raise Http404
