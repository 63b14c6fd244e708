"""Who bought what, and how it was paid and cancelled."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Orders."""

    name = "shop.orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        """Register the events and what emits them."""
        from shop.orders import events, signals  # noqa: F401
