"""The warehouse."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class WarehouseConfig(AppConfig):
    """Shipments."""

    name = "shop.warehouse"
    verbose_name = _("Warehouse")

    def ready(self) -> None:
        """Have `manage.py check` look at the settings, and cancellations ask the warehouse first."""
        from shop.outside.checks import check_secret_of
        from shop.warehouse import recalling  # noqa: F401
        from shop.warehouse.service import WAREHOUSE

        register(check_secret_of(WAREHOUSE), Tags.security)
