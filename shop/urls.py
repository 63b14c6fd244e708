"""The shop's API, below /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from shop.orders.api import CheckoutView, OrderViewSet
from shop.pages import StableOrdering
from shop.search.api import ProductSearch
from shop.stock.api import ProductViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")

# Search stands above the catalogue, so it joins the list here.
_searched = {"filter_backends": [ProductSearch, StableOrdering]}

urlpatterns = [
    path(
        "products/",
        ProductViewSet.as_view({"get": "list", "post": "create"}, **_searched),
        name="product-list",
    ),
    path(
        "products/<name>/",
        ProductViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="product-detail",
    ),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    *router.urls,
]
