"""What is for sale."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """Products and their texts."""

    name = "shop.catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        """Register the events, what emits them, and how documents are described."""
        from shop.catalog import events, schema, signals, term_signals  # noqa: F401
