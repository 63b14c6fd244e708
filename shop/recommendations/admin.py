"""What is bought together in the admin."""

from django.contrib import admin

from shop.ledgers import LedgerAdmin
from shop.recommendations.models import ProductPair


@admin.register(ProductPair)
class ProductPairAdmin(LedgerAdmin):
    """Pairs; search by a SKU."""

    list_display = ["first", "second", "order_count"]
    list_select_related = ["first", "second"]
    search_fields = ["first__sku__exact", "second__sku__exact"]
