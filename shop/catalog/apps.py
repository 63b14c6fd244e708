"""What is for sale."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """Products and their texts."""

    name = "shop.catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        """Register the events and what emits them."""
        from shop.catalog import events, signals  # noqa: F401
