"""The shop's API, below /api/."""

from django.urls import include, path, re_path
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.routers import SimpleRouter

from shop.accounts.urls import api as accounts
from shop.analytics.api import BestSellersView, DailySalesView
from shop.billing.api import OrderPapersView, PaperFileView
from shop.carrier.api import CarrierWebhook
from shop.carts.api import CartLinesView, CartLineView, CartMergeView, CartView
from shop.catalog.reviews_api import ReviewView
from shop.catalog.uploads_api import UploadView
from shop.customers.api import AddressViewSet
from shop.dashboard.api import DashboardView
from shop.erasure.api import EraseView
from shop.orderbook.api import OrderBookViewSet
from shop.orders.api import OrderViewSet
from shop.orders.checkout_api import CheckoutView
from shop.orders.guests import OrderLookUpView
from shop.orders.history_api import OrderHistoryView
from shop.pages import StableOrdering
from shop.payments.api import PaymentWebhook
from shop.problems import UnknownPath
from shop.recommendations.api import BoughtTogetherView
from shop.search.api import ProductSearch
from shop.shelves.api import StockLevelsView
from shop.stock.api import ProductViewSet
from shop.warehouse.api import WarehouseWebhook
from shop.wishlists.api import WishlistView, WishView

router = SimpleRouter()
router.register("addresses", AddressViewSet, basename="address")
router.register("orders", OrderBookViewSet, basename="order")
router.register("orders", OrderViewSet, basename="order-action")

# Search stands above the catalogue, so it joins the list here.
_searched = {"filter_backends": [ProductSearch, DjangoFilterBackend, StableOrdering]}

# PostgreSQL takes no NUL, so no number has one.
_NUMBER = r"(?P<number>[^/\x00]+)"

urlpatterns = [
    path(
        "products/",
        ProductViewSet.as_view({"get": "list", "post": "create"}, **_searched),
        name="product-list",
    ),
    path(
        "products/<name>/",
        ProductViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update"}),
        name="product-detail",
    ),
    path("products/<name>/reviews/", ReviewView.as_view(), name="product-reviews"),
    path("uploads/", UploadView.as_view(), name="uploads"),
    path("payments/webhook/", PaymentWebhook.as_view(), name="payment-webhook"),
    path("warehouse/webhook/", WarehouseWebhook.as_view(), name="warehouse-webhook"),
    path("carrier/webhook/", CarrierWebhook.as_view(), name="carrier-webhook"),
    path("cart/", CartView.as_view(), name="cart"),
    path("cart/merge/", CartMergeView.as_view(), name="cart-merge"),
    path("cart/lines/", CartLinesView.as_view(), name="cart-lines"),
    path("cart/lines/<int:line_id>/", CartLineView.as_view(), name="cart-line"),
    path("wishlist/", WishlistView.as_view(), name="wishlist"),
    path("wishlist/<name>/", WishView.as_view(), name="wish"),
    path("products/<name>/bought-together/", BoughtTogetherView.as_view(), name="product-bought-together"),
    path("sales/best-sellers/", BestSellersView.as_view(), name="best-sellers"),
    path("sales/days/", DailySalesView.as_view(), name="daily-sales"),
    path("stock/", StockLevelsView.as_view(), name="stock-levels"),
    path("dashboard/", DashboardView.as_view(), name="dashboard"),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    path("accounts/me/erase/", EraseView.as_view(), name="account-erase"),
    path("accounts/", include(accounts)),
    re_path(rf"^orders/{_NUMBER}/history/$", OrderHistoryView.as_view(), name="order-history"),
    re_path(rf"^orders/{_NUMBER}/papers/$", OrderPapersView.as_view(), name="order-papers"),
    re_path(rf"^papers/{_NUMBER}/$", PaperFileView.as_view(), name="paper-file"),
    path("orders/look-up/", OrderLookUpView.as_view(), name="order-look-up"),
    *router.urls,
    re_path(r"^[\s\S]*/$", UnknownPath.as_view(), name="unknown"),
]
