"""What customers would like to have."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WishlistsConfig(AppConfig):
    """Wishlists."""

    name = "shop.wishlists"
    verbose_name = _("Wishlists")
