"""Writing wishlists."""

from django.utils.translation import gettext as _

from shop.catalog.models import Product
from shop.customers.models import Customer
from shop.errors import InvalidInput
from shop.wishlists.models import WishlistItem

MOST_ITEMS = 500


def wish(customer: Customer, product: Product) -> WishlistItem:
    """Put it on the list; twice is once. Raises InvalidInput when the list is full."""
    if customer.wishlist_items.count() >= MOST_ITEMS:
        detail = _("A wishlist has at most {most} items.").format(most=MOST_ITEMS)
        raise InvalidInput([{"field": "product", "code": "max_length", "detail": detail}])
    return WishlistItem.objects.get_or_create(customer=customer, product=product)[0]
