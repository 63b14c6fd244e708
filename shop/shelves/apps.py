"""What lies on the shelves, and how it came and went."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShelvesConfig(AppConfig):
    """Stock levels."""

    name = "shop.shelves"
    verbose_name = _("Stock levels")
