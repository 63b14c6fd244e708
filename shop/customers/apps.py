"""Who buys."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers."""

    name = "shop.customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Connect the receivers."""
        from shop.customers import signals  # noqa: F401
